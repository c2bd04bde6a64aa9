"""Rejecting and correcting in a real browser: what is seen and asked before anything is done."""

import pytest
from playwright.sync_api import expect

from hub.store import users
from hub.store.tables import Rejection, Study, User
from tests.loop.browser import OFFICE_PC, PHONE, log_in
from tests.plugins.reading_page import picture, reading_room
from tests.web.browser import PASSWORD


@pytest.fixture(scope="module")
def room(tmp_path_factory, program):
    yield from reading_room(tmp_path_factory.mktemp("rejection"), program, ("dx",))


@pytest.fixture
def page(room):
    made = room.page()
    made.goto(f"{room.url}/studies/{room.studies['dx']}/rejection")
    yield made
    assert made.faults == []
    made.context.close()


def rejections(room):
    with room.store.reading() as session:
        return [(len(one.instances), one.identity) for one in session.query(Rejection).order_by(Rejection.id)]


def test_a_correction_shows_old_and_new_side_by_side_before_it_is_done(room, page):
    expect(page.locator("[name=name]")).to_have_value("Xin^Er=心^二")
    page.fill("[name=patient_id]", "V2-RIGHT")
    page.select_option("[name=sex]", "M")
    page.fill("[name=birth_date]", "")
    page.locator("textarea").last.fill("选错患者")
    page.get_by_role("button", name="更正身份").click()
    dialog = page.locator("dialog")
    expect(dialog.locator("li")).to_have_text(["患者编号 V2 → V2-RIGHT", "性别 女 → 男"])
    picture(page, "rejection-correction")
    dialog.get_by_role("button", name="取消").click()
    assert rejections(room) == []


def test_the_images_are_seen_ticked_counted_and_asked_about(room, page):
    shown = page.locator(".pick img")
    expect(shown).to_have_count(2)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.pick img')].every(one => one.complete && one.naturalWidth > 0)"
    )
    shown.first.click()
    page.select_option("[name=reason]", "quality")
    page.locator("textarea").first.fill("体位不正")
    page.get_by_role("button", name="拒收所选图像").click()
    dialog = page.locator("dialog")
    expect(dialog).to_contain_text("所选图像（1 幅）")
    picture(page, "rejection-images")
    dialog.get_by_role("button", name="取消").click()
    assert rejections(room) == []
    page.get_by_role("button", name="拒收所选图像").click()
    dialog.get_by_role("button", name="拒收所选图像").click()
    expect(shown).to_have_count(1)
    assert [count for count, _identity in rejections(room)] == [1]
    with room.store.reading() as session:
        assert session.query(Study).one().note == "images-rejected"


@pytest.mark.parametrize("screen", [PHONE, OFFICE_PC], ids=["phone", "pc"])
def test_the_clinic_reads_on_its_phone_what_was_rejected_and_what_to_do(room, screen):
    name = "clinic" if screen is PHONE else "clinic2"
    with room.store.writing() as session:
        users.add_user(session, name, "township", PASSWORD, ("east",), display_name="东镇")
    account = {"username": name, "password": PASSWORD}
    page = log_in(room.browser, room.url, account, phone=screen is PHONE)
    page.goto(f"{room.url}/inbox")
    told = page.locator(".row-told")
    expect(told).to_contain_text("体位不正")
    box = told.locator(".notice").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= screen["width"]
    picture(page, f"rejection-inbox-{name}")
    page.context.close()


def test_the_record_of_rejections_stands_whole_on_a_phone(room):
    with room.store.writing() as session:
        users.add_user(session, "phone", "reader", PASSWORD, display_name="林晓芸", licence="L1")
    page = log_in(room.browser, room.url, {"username": "phone", "password": PASSWORD}, phone=True)
    page.goto(f"{room.url}/studies/{room.studies['dx']}/rejection")
    record = page.locator(".record")
    record.scroll_into_view_if_needed()
    picture(page, "rejection-record-phone")
    for part in (record, record.get_by_label("撤回理由"), record.get_by_role("button", name="撤回拒收")):
        box = part.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
    cut = "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"
    assert record.locator("td").evaluate_all(cut) == []
    page.context.close()


def test_a_rejection_is_taken_back_by_keyboard_alone_after_words_and_a_question(room, page):
    page.reload()
    words = page.get_by_label("撤回理由")
    assert page.locator(".record tbody tr").bounding_box()["height"] < 52, "each cell is one line"
    words.focus()
    picture(page, "rejection-withdrawal")
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_have_count(0)
    page.keyboard.type("点错了图像")
    page.keyboard.press("Enter")
    dialog = page.locator("dialog")
    expect(dialog).to_contain_text("撤回对 心二 的拒收（1 幅图像）")
    dialog.get_by_role("button", name="撤回拒收").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("已撤回", exact=True)).to_be_visible()
    expect(page.locator(".pick img")).to_have_count(2)
    page.locator(".record").scroll_into_view_if_needed()
    picture(page, "rejection-withdrawn")
    with room.store.reading() as session:
        study = session.query(Study).one()
        assert (study.note, study.state) == ("rejection-withdrawn", "ready")


def test_the_list_of_what_was_rejected_writes_each_name_on_one_line(room, page):
    page.fill("textarea[name=words] >> nth=0", "肺尖未包全，请重新摄片后发送")
    page.select_option("[name=reason]", "quality")
    page.get_by_role("button", name="拒收整个检查").click()
    page.locator("dialog").get_by_role("button", name="拒收整个检查").click()
    expect(page.get_by_text("整个检查已拒收")).to_be_visible()
    with room.store.writing() as session:
        session.query(User).filter_by(username="li").one().display_name = "林晓芸"
    page.goto(f"{room.url}/worklist?state=rejected")
    picture(page, "rejection-list")
    cell = page.locator("td", has_text="林晓芸")
    assert cell.bounding_box()["width"] > 50, "three characters and the padding"
