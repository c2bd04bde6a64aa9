"""The report in a real browser: keys, phrases, checks, two levels; and nothing typed is ever lost."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from hub.store import now, users
from hub.store.tables import LoginSession, Study
from tests.loop.browser import chromium, picture
from tests.web.browser import PASSWORD
from tests.web.reading_room import ReadingRoom, grave_faults
from tests.web.test_case import shadow

TYPED = "右下肺见斑片影，㑇䶮。"


@pytest.fixture(scope="module")
def opened(program_path):
    with chromium(program_path("chromium")) as browser:
        yield browser


@pytest.fixture(scope="module")
def program_path():
    from tests.conftest import find_program

    return find_program


@pytest.fixture
def room(app, store, free_port):
    with store.writing() as session:
        users.add_user(session, "zhang", "reader", PASSWORD, display_name="张医生", title="junior")
    made = ReadingRoom(app, free_port())
    yield made
    made.kill()


@pytest.fixture
def studies(ready, store):
    """Two chest films that wait."""
    made = [ready(study=f"1.2.{n}", name=name) for n, name in enumerate(("张三丰", "李小雨"))]
    with store.writing() as session:
        session.execute(update(Study).values(body_part="CHEST", description="胸部正位"))
    return made


def open_case(page, room, study):
    page.goto(f"{room.url}/studies/{study}")
    page.wait_for_selector("textarea")
    return page


def fills(page):
    return page.get_by_label("检查所见"), page.get_by_label("诊断意见")


def sign_with_password(page):
    page.locator("dialog input[type=password]").fill(PASSWORD)
    page.locator("dialog input[type=password]").press("Enter")


def no_sideways(page):
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], wide


def test_a_report_by_keys_is_handed_over_changed_signed_and_shown_to_its_writer(room, studies, store, opened):
    page = open_case(room.enter(opened, "zhang"), room, studies[0])
    page.keyboard.press("3")
    page.locator("dialog input").fill("吸气不足")
    page.keyboard.press("Enter")
    expect(page.locator(".grade[aria-pressed=true]")).to_contain_text("丙")
    page.keyboard.press("t")
    findings, impression = fills(page)
    expect(impression).to_have_value("心、肺、膈未见明确异常。")
    findings.press("End")
    findings.press_sequentially("yqp")
    expect(page.locator(".phrase-menu")).to_contain_text("与前片比较")
    picture(page, "report-phrases")
    findings.press("Tab")
    expect(findings).to_have_value(re.compile("与前片比较，病变未见明确变化。"))
    page.keyboard.press("Escape")
    picture(page, "report-written")
    no_sideways(page)
    assert grave_faults(page) == []
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/studies/{studies[1]}")

    reviewer = open_case(room.enter(opened, "wang"), room, studies[0])
    expect(reviewer.locator(".review")).to_contain_text("张医生")
    fills(reviewer)[1].fill("双肺纹理增多。")
    reviewer.keyboard.press("Control+Enter")
    sign_with_password(reviewer)
    reviewer.wait_for_url(f"**/studies/{studies[1]}")

    open_case_signed(page, room, studies[0])
    expect(page.locator(".difference ins").first).to_be_visible()
    picture(page, "report-change")
    page.goto(f"{room.url}/reviews")
    expect(page.locator("ins").first).to_be_visible()
    picture(page, "reviews-of-the-writer")
    assert grave_faults(page) == []


def open_case_signed(page, room, study):
    page.goto(f"{room.url}/studies/{study}")
    page.wait_for_selector(".versions")


def test_a_contradiction_is_answered_and_a_report_goes_back(room, studies, store, opened):
    shadow(store, studies[0])
    page = open_case(room.enter(opened, "zhang"), room, studies[0])
    page.keyboard.press("j")
    page.locator("dialog input[type=search]").fill("fy")
    picture(page, "report-templates")
    assert grave_faults(page) == []
    page.keyboard.press("Enter")
    expect(fills(page)[0]).to_have_value(re.compile("【左/右】"))
    fills(page)[0].fill("双肺纹理清晰。")
    fills(page)[1].fill("未见异常。")
    page.keyboard.press("Control+Enter")
    expect(page.locator("dialog .concern")).to_contain_text("肺炎")
    picture(page, "report-concerns")
    assert grave_faults(page) == []
    page.locator("dialog .concern input").fill("旧片已有")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/studies/{studies[1]}")

    reviewer = open_case(room.enter(opened, "wang"), room, studies[0])
    expect(reviewer.locator(".review")).to_contain_text("旧片已有")
    reviewer.keyboard.press("q")
    reviewer.locator("dialog textarea").fill("请描述右下肺")
    picture(reviewer, "report-return")
    reviewer.keyboard.press("Enter")
    reviewer.wait_for_url(f"**/studies/{studies[1]}")
    open_case(page, room, studies[0])
    expect(page.locator(".review")).to_contain_text("请描述右下肺")


def test_a_critical_value_is_told_with_one_key_and_confirmed_on_the_clinics_phone(room, studies, opened):
    page = open_case(room.enter(opened, "li"), room, studies[0])
    fills(page)[1].fill("右侧张力性气胸。")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+Digit1")
    expect(page.locator("dialog textarea")).to_have_value("右侧张力性气胸。")
    picture(page, "critical-notice")
    assert grave_faults(page) == []
    page.keyboard.press("Enter")
    expect(page.locator(".case-notices .notice-bad")).to_contain_text("机构尚无人确认")

    clinic = room.enter(opened, "eastclinic", phone=True)
    clinic.goto(f"{room.url}/inbox")
    expect(clinic.locator(".critical-words")).to_have_text("右侧张力性气胸。")
    picture(clinic, "inbox-critical-phone")
    no_sideways(clinic)
    assert grave_faults(clinic) == []
    clinic.get_by_role("button", name="我已知晓").click()
    expect(clinic.locator(".critical-notice")).to_have_count(0)

    open_case(page, room, studies[0])
    expect(page.locator(".case-notices")).to_contain_text("Eastclinic")
    page.keyboard.press("Control+Enter")
    sign_with_password(page)
    page.wait_for_url(f"**/studies/{studies[1]}")


def test_a_case_is_put_aside_and_taken_up_by_one_key_each(room, studies, opened):
    page = open_case(room.enter(opened, "li"), room, studies[0])
    fills(page)[0].fill(TYPED)
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    page.wait_for_url(f"**/studies/{studies[1]}")
    expect(page.locator(".beside")).to_contain_text("取回 (1)")
    page.keyboard.press("u")
    page.wait_for_url(f"**/studies/{studies[0]}")
    expect(fills(page)[0]).to_have_value(TYPED)


def test_a_dead_server_a_closed_tab_and_a_cut_line_lose_nothing(room, studies, opened):
    page = open_case(room.enter(opened, "li"), room, studies[0])
    context = page.context
    room.kill()
    fills(page)[0].fill(TYPED)
    expect(page.locator(".line-banner")).to_be_visible()
    picture(page, "line-down")
    page.close()
    room.start()
    page = open_case(context.new_page(), room, studies[0])
    expect(fills(page)[0]).to_have_value(TYPED)
    expect(page.locator(".save-state")).to_contain_text("已保存")
    context.set_offline(True)
    fills(page)[1].fill("右下肺炎。")
    expect(page.locator(".line-banner")).to_be_visible()
    context.set_offline(False)
    expect(page.locator(".line-banner")).to_have_count(0, timeout=15_000)
    expect(page.locator(".save-state")).to_contain_text("已保存")
    page.reload()
    expect(fills(page)[1]).to_have_value("右下肺炎。")


def test_an_ended_session_keeps_the_words_and_logging_out_takes_them_away(room, studies, store, opened):
    page = open_case(room.enter(opened, "li"), room, studies[0])
    with store.writing() as session:
        session.execute(update(LoginSession).values(ended_at=now()))
    fills(page)[0].fill(TYPED)
    page.locator("dialog button[value=login]").click()
    page.fill("[name=username]", "li")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_selector("textarea")
    expect(fills(page)[0]).to_have_value(TYPED)
    page.evaluate("localStorage.setItem('readhub.unsaved.li.77', '{}')")
    page.evaluate("localStorage.setItem('readhub.unsaved.wang.77', '{}')")
    page.goto(f"{room.url}/worklist")
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.locator("dialog button[value=go]").click()
    page.wait_for_url("**/login*")
    assert page.evaluate("Object.keys(localStorage)") == ["readhub.unsaved.wang.77"]


def test_enter_on_a_fresh_worklist_opens_its_first_case_but_presses_what_has_the_focus(opened, room, studies):
    page = room.enter(opened, "li")
    page.goto(f"{room.url}/worklist")
    first = page.locator("tr[data-study]").first.get_attribute("data-href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{first}")
    page.goto(f"{room.url}/worklist")
    page.locator("details.menu summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("details.menu")).to_have_attribute("open", "")
    assert page.url == f"{room.url}/worklist"


PAGES = {
    "zh": {
        "boss": ("/templates", "/templates/chest-dr.normal", "/users/1", "/sites/1"),
        "wang": ("/worklist", "/reviews"),
    },
    "en": {"boss": ("/templates", "/audit", "/orders", "/users"), "wang": ("/ledger", "/quality")},
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_read_by_everybody_in_both_languages(room, studies, opened, language):
    for who, paths in PAGES[language].items():
        page = room.enter(opened, who)
        if language == "en":
            page.get_by_role("button", name="English").click()
        for path in paths:
            page.goto(room.url + path)
            name = path.strip("/").replace("/", "-")
            picture(page, f"page-{name}-{language}")
            assert (path, grave_faults(page)) == (path, [])
            no_sideways(page)
        page.context.close()


def test_the_inbox_fits_a_phone_and_a_paper_is_verified_on_one(room, studies, opened):
    page = room.enter(opened, "eastclinic", phone=True)
    page.goto(f"{room.url}/inbox")
    picture(page, "inbox-phone")
    no_sideways(page)
    assert grave_faults(page) == []
    page.goto(f"{room.url}/verify/{'0' * 64}")
    expect(page.locator(".notice-bad")).to_contain_text("未知")
    picture(page, "verify-phone")
    no_sideways(page)
    assert grave_faults(page) == []
