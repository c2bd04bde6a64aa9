"""At 1366 × 768, in both languages, nothing that has to be read or pressed is cut off."""

import json

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from hub.domain.finding import Alert, Reading
from hub.store import audit, now, users
from hub.store.pre_reads import keep_reading
from hub.store.tables import Claim, Delivery, Instance, Report, Study, User
from tests.plugins.reading_page import picture, reading_room
from tests.web.browser import PASSWORD

NODE = "DONGSHAN_PACS_01@10.120.33.214:11112"
HINT = Alert(
    "st", "疑似急性下壁 ST 段抬高型心肌梗死", "Suspected acute inferior ST-elevation infarction", "rules 1",
    250.0, 100.0, "uV",
)  # fmt: skip
#: The elements of a kind whose text does not fit into them.
CUT = """selector => [...document.querySelectorAll(selector)]
  .filter(one => one.scrollWidth > one.clientWidth + 1 ||
    one.matches('.badge-text') && one.scrollHeight > one.clientHeight + 1)
  .map(one => one.textContent.trim())"""
#: The demonstration's badge takes its room in the bar too.
BADGE = """() => { const end = document.querySelector('.bar-end');
  end.insertAdjacentHTML('afterbegin', '<span class="badge badge-warn">DEMO 演示</span>') }"""


@pytest.fixture(scope="module")
def room(tmp_path_factory, program):
    for made in reading_room(tmp_path_factory.mktemp("screens"), program, ("ct", "dx")):
        page, study = made.page("li"), made.studies["ct"]
        shown = page.request.get(f"{made.url}/studies/{study}/case.json").json()["shown"]
        text = {"findings": "两肺清晰。", "impression": "未见异常。", "advice": "", "addendum": ""}
        head = {"X-CSRFToken": page.locator("meta[name=csrf-token]").get_attribute("content")}
        body = {"shown": shown, "password": PASSWORD, "text": text} | text
        answer = page.request.post(
            f"{made.url}/studies/{study}/sign",
            data=json.dumps(body),
            headers=head | {"X-Requested-With": "fetch", "Content-Type": "application/json"},
        )
        assert answer.ok, answer.text()
        page.context.close()
        _fill(made)
        yield made


def _fill(room):
    """What makes rows wide: long notes, a destination with its address, an audit row with a long detail."""
    with room.store.writing() as session:
        users.add_user(session, "boss", "admin", PASSWORD, (), display_name="系统管理员")
        for study in session.scalars(select(Study)):
            study.note, study.site.label = "number-of-two", "东山镇中心卫生院"
        film = session.scalars(select(Instance).where(Instance.study_id == room.studies["dx"])).first()
        keep_reading(session, film, Reading("rules", "1", "0" * 64, False, alerts=(HINT,)), "2.25.7")
        li = session.scalars(select(User).where(User.username == "li")).one()
        session.add(Claim(study_id=film.study_id, user_id=li.id, since=now(), seen_at=now()))
        report = session.scalars(select(Report)).one()
        session.add(
            Delivery(
                report_id=report.id, study_id=report.study_id, site_id=report.site_id, channel="dicom",
                destination=NODE, state="confirmed", created_at=now(), sent_at=now(), confirmed_at=now(),
                confirmed_by="query",
            )
        )  # fmt: skip
        session.add(
            Delivery(
                report_id=report.id, study_id=report.study_id, site_id=report.site_id, channel="dicom",
                destination=f"SECOND_{NODE}", state="failing", failures=3, status=0xA700, created_at=now(),
                sent_at=now(), next_try_at=now(),
            )
        )  # fmt: skip
        who = {"site": "east", "address": "10.120.33.214"}
        uid = "1.2.840.113619.2.55.3.604688119.868.1234567890.123"
        said = f"{NODE} found there by C-FIND: 3 objects of 3; {uid}"
        audit.append(session, audit.entry("deliver", f"study:{uid}", "found-there", detail=said, **who))


@pytest.fixture(scope="module", params=["zh", "en"])
def page(request, room):
    made = room.page("boss")
    made.goto(f"{room.url}/worklist")
    if request.param == "en":
        made.locator("form.language button").click()
        expect(made.locator("html")).to_have_attribute("lang", "en")
    made.language = request.param
    yield made
    made.context.close()


def see(page, room, path):
    page.goto(f"{room.url}/{path}")
    page.wait_for_load_state("networkidle" if path != "worklist" else "load")
    page.evaluate("() => document.fonts.ready")
    picture(page, f"screens-{path}-{page.language}")


def test_every_entry_of_the_administrators_bar_is_seen_whole(room, page):
    see(page, room, "worklist")
    page.evaluate(BADGE)
    assert page.evaluate(CUT, ".nav") == []
    for link in page.locator(".nav-link").all():
        box = link.bounding_box()
        assert box["x"] + box["width"] <= page.locator(".bar-end").bounding_box()["x"]


def test_the_worklist_shows_its_columns_and_notes_whole(room, page):
    see(page, room, "worklist")
    wide = "#worklist th, #worklist .col-note, #worklist .badge-text, .table-wrap"
    assert page.evaluate(CUT, wide) == []
    assert page.locator("#worklist td.col-text").first.bounding_box()["width"] >= 150
    assert page.locator("#worklist .badge-ai-critical").bounding_box()["height"] < 90


def test_the_ledger_shows_the_whole_destination(room, page):
    see(page, room, "ledger")
    assert page.evaluate(CUT, "#ledger td, #ledger th, .table-wrap") == []
    expect(page.locator("#ledger")).to_contain_text(NODE)


def test_the_audit_shows_the_whole_detail_and_speaks_the_pages_language(room, page):
    see(page, room, "audit")
    assert page.evaluate(CUT, ".table td, .table th, .table-wrap") == []
    row = page.locator("tr", has_text=NODE)
    expect(row).to_contain_text("系统" if page.language == "zh" else "System")
    expect(row).to_contain_text("证实已送达" if page.language == "zh" else "Confirmed there")
