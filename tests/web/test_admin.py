"""Sites, accounts, quarantine and the audit trail, as the administrator tends them."""

import re

import pytest
from sqlalchemy import select, update

from hub.store import users
from hub.store.tables import AuditRow, Errand, KeptAside, Patient, Site, Study, User
from tests.web.browser import PASSWORD, Browser

SITE = {
    "label": "东镇卫生院", "ae_title": "EAST9", "address": "10.1.2.3", "return_node": "EASTPACS@10.1.2.3:104",
    "quiet_factor": "1.0", "signing_minutes": "0", "active": "on",
}  # fmt: skip


@pytest.fixture
def eastboss(store, browser):
    """An administrator of one site."""
    with store.writing() as session:
        users.add_user(session, "eastboss", "admin", PASSWORD, ["east"])
    made = browser("eastboss")
    made.read_token("/users")
    return made


def site(store, name="east"):
    with store.reading() as session:
        return session.scalars(select(Site).where(Site.name == name)).one()


def test_a_site_is_edited_and_every_change_audited(boss, store, audited):
    assert boss.post("/sites/1", **SITE).status_code == 303
    found = site(store)
    assert (found.label, found.ae_title, found.return_host, found.signing_minutes) == (
        "东镇卫生院",
        "EAST9",
        "10.1.2.3",
        0,
    )
    assert ("site", "site:east", "edited") in audited("boss")
    assert boss.post("/sites/1", **{**SITE, "return_node": "", "address": ""}).status_code == 303
    assert (site(store).return_ae, site(store).address) == (None, None)
    assert "不限地址" in boss.see("/sites")


def test_the_audit_row_of_a_site_says_what_was_set(boss, store):
    assert boss.post("/sites/1", **{**SITE, "signing_minutes": "240"}).status_code == 303
    with store.reading() as session:
        row = session.scalars(
            select(AuditRow).where(AuditRow.act == "site", AuditRow.outcome == "edited")
        ).one()
    assert "signing 240 min" in row.detail and "line factor 1" in row.detail


def boxes(page):
    """Return which boxes of a site's form are ticked."""
    found = re.findall(r'<input type="checkbox" name="(\w+)"( checked)?>', page)
    return {name for name, ticked in found if ticked}


def test_a_site_may_read_first_from_its_first_day(boss, store):
    assert boxes(boss.see("/sites/new")) == {"one_doctor"}
    form = {**SITE, "ae_title": "NORTH1", "reader_first": "on", "one_doctor": "on"}
    assert boss.post("/sites/new", name="north", **form).status_code == 303
    assert site(store, "north").reader_first and site(store, "north").one_doctor


@pytest.mark.parametrize("path", ["/sites/new", "/sites/1"])
def test_a_refused_form_keeps_its_boxes_as_they_were_sent(boss, path):
    form = {**SITE, "name": "north", "return_node": "nowhere", "reader_first": "on"}
    form.pop("active", None)
    assert boxes(boss.post(path, **form).text) == {"reader_first"}


def test_a_refused_account_keeps_its_sites_as_they_were_sent(boss):
    form = {"username": "li2", "role": "reader", "password": "short", "sites": ["west"]}
    page = boss.post("/users/new", **form).text
    assert 'value="west" checked' in page and 'value="east" checked' not in page


def test_the_audit_marks_what_was_refused_and_nothing_else(boss):
    boss.post("/language", lang="zh")
    boss.get("/sites/99")
    page = boss.see("/audit")
    assert '<span class="badge badge-plain" title="language">语言</span>' in page
    assert '<span class="badge badge-warn" title="not-yours">不属于本机构</span>' in page


def test_a_site_is_added(boss, store, audited):
    assert boss.post("/sites/new", name="north", **{**SITE, "ae_title": "NORTH1"}).status_code == 303
    assert site(store, "north").ae_title == "NORTH1"
    assert ("site", "site:north", "added") in audited("boss")


@pytest.mark.parametrize(
    "wrong",
    [
        {"ae_title": "TOO LONG AN AE TITLE"},
        {"return_node": "nowhere"},
        {"signing_minutes": "-1"},
        {"quiet_factor": "nan"},
        {"quiet_factor": "x"},
    ],
)
def test_a_wrong_field_is_refused_in_words_and_changes_nothing(boss, store, wrong):
    answer = boss.post("/sites/1", **{**SITE, **wrong})
    assert answer.status_code == 422 and "notice-bad" in answer.text
    assert site(store).ae_title == "EAST1"


def test_a_form_sets_nothing_that_it_does_not_show(boss, store):
    boss.post("/sites/1", name="stolen", id="7", created_at="1970-01-01", **SITE)
    assert (site(store).name, site(store).id) == ("east", 1)


def test_an_account_is_added_edited_and_logged_out(boss, app, store, audited):
    form = {
        "username": "zhao",
        "role": "reader",
        "password": PASSWORD,
        "sites": "east",
        "display_name": "赵医生",
    }
    assert boss.post("/users/new", **form).status_code == 303
    zhao = Browser(app)
    assert zhao.login("zhao").status_code == 303
    with store.reading() as session:
        user = session.scalars(select(User).where(User.username == "zhao")).one()
        assert user.all_sites is False
    assert "127.0.0.1" in boss.see(f"/users/{user.id}")
    assert boss.post(f"/users/{user.id}/end-sessions").status_code == 303
    assert zhao.get("/worklist").status_code == 303
    zhao.login("zhao")
    edited = {
        "role": "reader",
        "sites": "east",
        "display_name": "赵医生",
        "password": "another long password",
        "active": "on",
    }
    assert boss.post(f"/users/{user.id}", **edited).status_code == 303
    assert zhao.get("/worklist").status_code == 303
    assert [row[2] for row in audited("boss") if row[1] == "user:zhao" and row[0] == "user"] == [
        "added", "sessions-ended", "edited",
    ]  # fmt: skip


def test_no_password_is_in_the_audit_trail(boss, store):
    boss.post("/users/new", username="zhao", role="reader", password="a very secret password")
    with store.reading() as session:
        assert all("very secret" not in row.detail for row in session.scalars(select(AuditRow)))


def test_a_change_of_role_ends_the_log_ins(boss, browser, store):
    li = browser("li")
    with store.reading() as session:
        user = session.scalars(select(User).where(User.username == "li")).one().id
    boss.post(f"/users/{user}", role="expert", active="on", display_name="Li")
    assert li.get("/worklist").status_code == 303


@pytest.mark.parametrize("wrong", [{"role": "god"}, {"role": "township"}, {"password": "short"}])
def test_an_account_that_cannot_be_is_refused(boss, store, wrong):
    form = {"username": "zhao", "role": "reader", "password": PASSWORD} | wrong
    assert boss.post("/users/new", **form).status_code == 422
    with store.reading() as session:
        assert users.user_named(session, "zhao") is None


def test_nobody_takes_their_own_access_away(boss, store):
    with store.reading() as session:
        me = users.user_named(session, "boss").id
    assert boss.post(f"/users/{me}", role="admin", display_name="Boss").status_code == 422
    assert boss.post(f"/users/{me}", role="reader", active="on").status_code == 422


def test_an_administrator_of_one_site_tends_that_site_only(eastboss, store):
    with store.reading() as session:
        other = {
            name: users.user_named(session, name).id for name in ("boss", "li", "westclinic", "eastclinic")
        }
    page = eastboss.see("/users")
    assert "eastclinic" in page and "westclinic" not in page and ">boss<" not in page
    for name in ("boss", "li", "westclinic"):
        assert eastboss.get(f"/users/{other[name]}").status_code == 404
        assert eastboss.post(f"/users/{other[name]}", role="admin", active="on").status_code == 404
        assert eastboss.post(f"/users/{other[name]}/end-sessions").status_code == 404
    assert eastboss.get("/sites/2").status_code == 404
    assert eastboss.post("/sites/2", **SITE).status_code == 404
    assert eastboss.get("/sites/new").status_code == 403


def test_an_administrator_of_one_site_cannot_make_somebody_who_sees_more(eastboss, store):
    for sites in ([], ["west"]):
        form = {"username": "spy", "role": "admin", "password": PASSWORD, "sites": sites}
        assert eastboss.post("/users/new", **form).status_code == 422
    form = {"username": "spy", "role": "admin", "password": PASSWORD, "sites": ["west", "east"]}
    assert eastboss.post("/users/new", **form).status_code == 303
    with store.reading() as session:
        scope = users.scope_of(session, users.user_named(session, "spy"))
        assert not scope.everywhere and scope.sites == {1}


def quarantined(arrive):
    arrive(sop="1.2.3", patient="P1")
    arrive(sop="1.2.4", patient="P2")


def test_a_torn_study_waits_in_quarantine_and_is_released_with_an_audit_row(boss, arrive, store, audited):
    quarantined(arrive)
    assert "一个检查两个患者" in boss.see("/quarantine")
    assert boss.post("/quarantine/1/release").status_code == 303
    with store.reading() as session:
        assert session.get_one(Study, 1).state == "arriving"
        settle = session.scalars(select(Errand).where(Errand.kind == "settle")).one()
        assert settle.state == "waiting"
    assert ("quarantine", "study:1", "quarantine-released") in audited("boss")
    assert boss.post("/quarantine/1/release").status_code == 303  # once is enough
    assert audited("boss").count(("quarantine", "study:1", "quarantine-released")) == 1


def test_a_torn_study_can_be_rejected_with_a_reason(boss, arrive, store):
    quarantined(arrive)
    assert 'href="/studies/1/rejection"' in boss.see("/quarantine")
    boss.post("/studies/1/rejection", what="study", reason="patient", words="两位患者")
    with store.reading() as session:
        assert session.get_one(Study, 1).state == "rejected"
    assert boss.post("/quarantine/1/delete").status_code == 404


def test_a_kept_aside_resend_is_listed_and_closed_its_bytes_stay(boss, arrive, store):
    arrive(body=b"first")
    arrive(body=b"second")
    assert "内容不同" in boss.see("/quarantine")
    assert "有搁置的重发" in boss.see("/worklist")
    boss.post("/kept-aside/1/dismiss")
    assert "有搁置的重发" not in boss.see("/worklist")
    with store.reading() as session:
        row = session.get_one(KeptAside, 1)
        assert row.state == "dismissed" and store.vault.read(row.file_key) == b"second"


def test_a_guessed_name_is_confirmed_by_a_person(boss, ready, store, audited):
    ready(name="张智宏")
    with store.writing() as session:
        session.execute(update(Patient).values(name_guessed=True))
    assert boss.post("/patients/1/confirm-name", name="somebody else").status_code == 409
    assert boss.post("/patients/1/confirm-name", name="张智宏").status_code == 303
    with store.reading() as session:
        patient = session.get_one(Patient, 1)
        assert patient.name_confirmed_by is not None and patient.name_guessed
    assert ("quarantine", "patient:1", "name-confirmed") in audited("boss")
    assert 'class="guessed"' not in boss.see("/worklist")


def test_the_quarantine_of_another_site_is_out_of_reach(eastboss, arrive, ready, store):
    arrive(sop="1.2.3", patient="P1", site="west")
    arrive(sop="1.2.4", patient="P2", site="west")
    arrive(sop="1.2.3", body=b"other", site="west")
    assert 'data-study="1"' not in eastboss.see("/quarantine")
    for path in (
        "/quarantine/1/release",
        "/studies/1/rejection",
        "/kept-aside/1/dismiss",
        "/patients/1/confirm-name",
    ):
        assert eastboss.post(path).status_code == 404, path


def test_the_audit_trail_is_filtered_and_read_in_pages(boss, li, store):
    for _ in range(3):
        li.see("/worklist")
    page = boss.see("/audit?act=search&actor=li")
    numbers = [int(n) for n in re.findall(r'<td class="col-num num">(\d+)</td>', page)]
    assert len(numbers) >= 3 and numbers == sorted(numbers, reverse=True)
    older = boss.see(f"/audit?act=search&actor=li&before={numbers[0]}")
    assert f">{numbers[0]}<" not in older


def test_an_administrator_of_one_site_reads_the_rows_of_that_site(eastboss, browser, ready):
    east, west = ready("east", "1.2.1"), ready("west", "1.2.2")
    li = browser("li")
    for study in (east, west):
        li.send("GET", f"/studies/{study}/case.json")
    page = eastboss.see("/audit")
    assert f"study:{east}" in page and f"study:{west}" not in page


def test_the_audit_trail_holds_after_all_this(boss, li, store, ready):
    from hub.store import audit

    li.see("/worklist")
    boss.see("/audit")
    count, broken = audit.verify(store)
    assert count > 3 and broken is None


@pytest.mark.parametrize("page", ["/sites", "/users", "/audit", "/quarantine", "/ledger", "/metrics"])
def test_a_page_for_others_is_refused_and_audited(li, page, audited):
    assert li.get(page).status_code == 403
    assert audited("li")[-1] == ("view", page, "forbidden")


def test_metrics_count_and_name_nobody(boss, ready):
    ready(name="张三")
    page = boss.see("/metrics")
    assert 'readhub_studies{state="ready"} 1.0' in page and "张三" not in page


def test_what_an_operator_typed_is_shown_and_never_run(boss, store):
    evil = "<svg onload=alert(1)>"
    boss.post("/sites/1", **{**SITE, "label": evil})
    boss.post("/users/new", username=evil, role="reader", password=PASSWORD, display_name=evil)
    for page in ("/sites", "/users", "/worklist", "/sites/1", "/audit"):
        assert evil not in boss.see(page), page


def test_metrics_of_one_site_count_that_site_only(boss, eastboss, ready):
    ready("east", "1.2.1")
    ready("west", "1.2.2")
    assert 'readhub_studies{state="ready"} 2.0' in boss.see("/metrics")
    page = eastboss.see("/metrics")
    assert 'readhub_studies{state="ready"} 1.0' in page and "errands" not in page
