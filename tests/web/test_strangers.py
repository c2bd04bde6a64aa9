"""Another site's things are not there, on any path, for anybody (promise 11)."""

import pytest

from hub.domain.order import OrderFacts
from hub.domain.scope import HUB
from hub.store import users
from hub.store.orders import By, place_order
from hub.store.rejections import Wish, reject
from hub.store.sites import site_named
from hub.store.tables import Delivery, Report, Study
from tests.plugins.screening import open_campaign
from tests.web.browser import PASSWORD
from tests.web.test_case import TEXT, sign

#: Routes whose numbers name nothing of a site.
HARMLESS = {"static", "templates.edit", "verify.verify"}
#: What a route's number may name, by the name of its argument.
BODIES = {
    "drafts.save": {**TEXT, "base": 0},
    "critical.tell": {"words": "气胸"},
    "signing.sign_report": {**TEXT, "shown": "x", "password": PASSWORD},
}


@pytest.fixture
def western(li, ready, store, arrive):
    """A signed western study with its report and delivery, and one in quarantine: what to ask for."""
    study = ready("west", "1.2.7", name="李四")
    assert sign(li, study).status_code == 200
    assert li.send("POST", f"/studies/{study}/critical", {"words": "气胸"}).status_code == 200
    ready("west", "1.2.8", sop="1.2.8.1", patient="Q1")
    arrive(site="west", study="1.2.8", sop="1.2.8.2", patient="Q2")
    arrive(site="west", study="1.2.7", sop="1.2.7.9", body=b"other", patient="P-1.2.7")
    taken_back = ready("west", "1.2.6")
    facts = OrderFacts("P1", "李四", "DX", "20261126")
    with store.writing() as session:
        order = place_order(session, site_named(session, "west"), facts, By("test", "page")).id
        wish = Wish(users.user_named(session, "boss"), "patient", "患者错误")
        rejection = reject(session, HUB, taken_back, wish).id
    with store.reading() as session:
        names = {
            "study_id": session.query(Study).filter_by(study_instance_uid="1.2.7").one().id,
            "report_id": session.query(Report).one().id,
            "delivery_id": session.query(Delivery).first().id,
            "user_id": users.user_named(session, "westclinic").id,
            "order_id": order,
            "rejection_id": rejection,
        }
    with store.reading() as session:
        boss = users.user_named(session, "boss").id
    campaign = open_campaign(store, boss, sites=("west",))
    return names | {
        "row_id": 1, "campaign_id": campaign, "sheet_id": 1, "notice_id": 1,
        "site_id": 2, "patient_id": 1, "aside_id": 1, "version": 1, "decision": "release", "number": 1,
        "act": "cancel", "finding": "pneumonia", "numbers": "1", "tag": "00091001",
        "study": "1.2.7", "series": "1.2.7.1", "instance": "1.2.7.9",
    }  # fmt: skip


def routes(app):
    """Yield (endpoint, method, rule) of every route that names a thing."""
    for rule in app.url_map.iter_rules():
        if rule.arguments and rule.endpoint not in HARMLESS:
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield rule.endpoint, method, rule


def path_of(rule, names):
    path = rule.rule
    for name in rule.arguments:
        path = path.replace(f"<int:{name}>", str(names[name])).replace(f"<{name}>", str(names[name]))
    return path


@pytest.fixture(params=["reader", "reviewer", "ecg", "expert", "admin", "township"])
def stranger(request, browser, store):
    """Somebody of each role who belongs to the east."""
    with store.writing() as session:
        users.add_user(session, "stranger", request.param, PASSWORD, ["east"])
    made = browser("stranger")
    made.read_token("/sites" if request.param == "admin" else "/")
    return made


def test_nothing_of_another_site_is_there_for_any_role(app, stranger, western, audited):
    for endpoint, method, rule in routes(app):
        path = path_of(rule, western)
        before = len(audited("stranger"))
        answer = stranger.send(method, path, BODIES.get(endpoint, {} if method != "GET" else None))
        searches = endpoint.startswith("qido.") and answer.status_code == 204
        # What is stored goes to the storer's own site, whatever study it names; nothing was sent here.
        searches = searches or (endpoint == "stow.store" and answer.status_code == 415)
        assert answer.status_code == 404 or searches, (method, path, answer.status_code)
        assert "李四" not in answer.text and "1.2.7.9" not in answer.text.replace(path, "")
        outcomes = [row[2] for row in audited("stranger")[before:]]
        assert searches or outcomes in (["not-yours"], ["forbidden"]), (method, path, outcomes)


def test_nothing_was_changed_by_all_that_asking(app, browser, store, western):
    def rows():
        with store.reading() as session:
            return [(s.id, s.state, s.note) for s in session.query(Study).order_by(Study.id)]

    before = rows()
    stranger = browser("eastdoc")
    for endpoint, method, rule in routes(app):
        stranger.send(method, path_of(rule, western), BODIES.get(endpoint, {} if method != "GET" else None))
    assert rows() == before


def test_the_lists_of_a_stranger_hold_nothing_of_the_west(browser, store, western):
    with store.writing() as session:
        users.add_user(session, "eastboss", "admin", PASSWORD, ["east"])
        users.add_user(session, "eastwang", "reviewer", PASSWORD, ["east"])
    for who, pages in (
        ("eastboss", ("/worklist", "/worklist/rows", "/quarantine", "/ledger", "/sites", "/audit")),
        ("eastwang", ("/worklist", "/ledger", f"/worklist/rows?ids={western['study_id']}")),
        ("eastclinic", ("/inbox", "/inbox?q=李四")),
    ):
        for page in pages:
            text = browser(who).see(page)
            assert "1.2.7" not in text and 'data-study="' not in text, (who, page)
            assert "李四" not in text.replace('value="李四"', "")


def test_a_thing_that_does_not_exist_looks_the_same_as_one_of_another_site(browser, western):
    stranger = browser("eastdoc")
    there = stranger.send("GET", f"/studies/{western['study_id']}/case.json")
    nowhere = stranger.send("GET", "/studies/987654/case.json")
    assert (there.status_code, there.json) == (nowhere.status_code, nowhere.json)
