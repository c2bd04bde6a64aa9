"""Nine ECGs in a real browser: none is confirmed unseen, keys do it all, and what was refused says why."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from dicom.make.cardiogram import cardiogram
from dicom.make.person import Exam, Person
from hub.domain.uid import new_uid
from hub.store import users
from hub.store.pre_reads import keep_reading
from hub.store.tables import Instance, Report, Screened, Site, Study, User
from tests.plugins.reading_page import SAMPLES, keep, picture, reading_room
from tests.plugins.screening import AF, NORMAL, open_campaign
from tests.web.browser import PASSWORD
from tests.web.reading_room import grave_faults

#: What waits for nine drawings or signatures, on a busy machine.
SLOW = 60_000
SURNAMES = "赵钱孙李周吴郑王冯陈褚"


def ecg(number, sample="ecg-normal.npz"):
    """Return a real recording of an invented person."""
    with np.load(SAMPLES / sample) as stored:
        person = Person(
            f"SC{number:04d}", f"Sha^Cha={SURNAMES[number]}^淑兰", "FM"[number % 2], f"{1950 + number}0304"
        )
        exam = Exam(f"screen-{number}", f"20261121{8 + number:02d}0000", "十二导联心电图", f"S{number}")
        return cardiogram(stored["microvolts"], float(stored["rate_hz"]), person, exam)


@pytest.fixture(scope="module")
def room(tmp_path_factory, program):
    folder = tmp_path_factory.mktemp("screening")
    for opened in reading_room(folder, program, ("ecg",)):
        store = opened.store
        with store.writing() as session:
            session.scalars(select(Site)).one().label = "青山镇卫生院"
            for name, role in {"sun": "ecg", "zhou": "expert", "boss": "admin"}.items():
                users.add_user(session, name, role, PASSWORD, (), display_name=name.title(), title="senior")
            boss = session.scalars(select(User.id).where(User.username == "boss")).one()
        for number in range(10):
            read(store, keep(store, folder, [ecg(number)]), NORMAL)
        read(store, keep(store, folder, [ecg(10, "ecg-flutter.npz")]), AF)
        opened.campaign = open_campaign(store, boss, sites=("east",), percent=100, name="青山镇秋季筛查")
        yield opened


def read(store, study, reading):
    with store.writing() as session:
        instance = session.scalars(select(Instance).where(Instance.study_id == study)).one()
        keep_reading(session, instance, reading, new_uid())


@pytest.fixture(scope="module")
def qian(room):
    page = room.page("qian")
    page.set_default_navigation_timeout(90_000)
    return page


@pytest.fixture
def page(qian, room):
    qian.faults.clear()
    qian.goto(f"{room.url}/screening/{room.campaign}/sheet")
    yield qian
    assert qian.faults == []


def cards(page):
    return page.locator(".sheet-card")


def look_at_all(page):
    """Go through the page with the arrows, as a doctor would, until each has been in view."""
    for number in range(cards(page).count()):
        cards(page).nth(number).focus()
        expect(cards(page).nth(number).locator(".sheet-state")).to_have_text(
            re.compile("已看|已取出"), timeout=SLOW
        )


def test_nothing_is_confirmed_before_each_has_been_in_view(page, room):
    expect(cards(page)).to_have_count(9)
    button = page.locator("#confirm")
    expect(button).to_be_disabled()
    for number in range(3):
        expect(cards(page).nth(number).locator(".sheet-state")).to_have_text("已看", timeout=SLOW)
    expect(cards(page).nth(8).locator(".sheet-state")).to_have_text("未看")
    expect(button).to_be_disabled()
    picture(page, "screening-sheet")
    page.keyboard.press("Control+Enter")
    expect(page.locator("dialog")).to_have_count(0)
    expect(cards(page).nth(3)).to_be_focused()
    look_at_all(page)
    expect(page.locator(".sheet-progress")).to_have_text("已看 9/9")
    expect(button).to_be_enabled()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_arrows_go_from_card_to_card_and_bring_it_into_view(page):
    expect(cards(page).nth(0)).to_be_focused()
    for key, number in (("ArrowRight", 1), ("ArrowDown", 4), ("ArrowDown", 7), ("ArrowLeft", 6), ("Tab", 7)):
        page.keyboard.press(key)
        expect(cards(page).nth(number)).to_be_focused()
    expect(cards(page).nth(7)).to_be_in_viewport(ratio=0.9)
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_contain_text("确认本页")
    page.keyboard.press("Escape")


def test_a_drawing_that_failed_is_never_seen(page, room):
    page.route("**/ecg.svg*", lambda route: route.fulfill(status=500))
    page.reload()
    expect(cards(page).nth(0).locator(".sheet-why")).to_contain_text("波形无法显示", timeout=SLOW)
    expect(cards(page).nth(0).locator(".sheet-state")).to_have_text("未看")
    page.unroute("**/ecg.svg*")


def test_the_page_is_readable_for_everybody_in_light_and_dark(page):
    page.wait_for_function("[...document.querySelectorAll('.sheet img')].every(one => one.naturalWidth)")
    assert grave_faults(page) == []
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert grave_faults(page) == []
    picture(page, "screening-sheet-dark")
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")


def test_by_keys_alone_one_is_taken_out_and_the_others_are_confirmed(page, room):
    cards(page).nth(2).focus()
    page.keyboard.press("x")
    expect(cards(page).nth(2).locator(".sheet-state")).to_have_text("已取出", timeout=SLOW)
    look_at_all(page)
    gone = int(cards(page).nth(4).get_attribute("data-study"))
    with room.store.writing() as session:
        session.get_one(Study, gone).patient.name = "改名"
    page.keyboard.press("Control+Enter")
    dialog = page.locator("dialog")
    expect(dialog).to_contain_text("赵淑兰")
    expect(dialog).not_to_contain_text("孙淑兰")
    picture(page, "screening-confirm")
    page.keyboard.type("wrong password")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("密码不正确", timeout=SLOW)
    dialog.locator("input").fill(PASSWORD)
    page.keyboard.press("Enter")
    refused = cards(page).nth(4)
    expect(refused.locator(".sheet-why")).to_contain_text("患者身份已更改", timeout=SLOW)
    expect(refused).to_be_focused()
    expect(page.locator(".sheet-state", has_text="已签发")).to_have_count(7)
    picture(page, "screening-refused")
    with room.store.reading() as session:
        assert len(session.scalars(select(Report)).all()) == 7
        kinds = sorted(session.scalars(select(Screened.kind)))
        assert kinds == ["batch"] * 7 + ["single"]
    page.keyboard.press("Control+Enter")
    expect(cards(page)).to_have_count(2, timeout=SLOW)


def test_the_campaign_says_where_each_one_is(page, room):
    page.goto(f"{room.url}/screening/{room.campaign}")
    counted = {
        one.get_attribute("data-count"): int(one.text_content()) for one in page.locator("[data-count]").all()
    }
    assert counted["cohort"] == sum(counted.values()) - counted["cohort"] == 12
    assert (counted["batch"], counted["normal"], counted["single"]) == (7, 2, 3)
    assert grave_faults(page) == []
    picture(page, "screening-campaign")
    page.goto(f"{room.url}/screening")
    picture(page, "screening-list")
    assert grave_faults(page) == []


def test_the_positive_ones_follow_each_other_in_the_reading_page(page, room):
    page.goto(f"{room.url}/screening/{room.campaign}")
    page.get_by_role("link", name="逐份阅读").click()
    page.wait_for_selector(".ecg svg")
    first = page.url
    assert f"campaign={room.campaign}" in first
    page.keyboard.press("n")
    page.wait_for_url(lambda address: address != first and f"campaign={room.campaign}" in address)
    page.wait_for_selector(".ecg svg")


def test_a_second_doctor_reads_one_by_one_and_an_expert_sees_the_difference(room):
    sun = room.page("sun")
    sun.goto(f"{room.url}/screening/{room.campaign}/re-read")
    sun.wait_for_function("document.querySelector('.re-read img').naturalWidth")
    assert "Qian" not in sun.content()
    picture(sun, "screening-re-read")
    assert grave_faults(sun) == []
    sun.keyboard.press("1")
    expect(sun.locator(".flashes")).to_contain_text("复读已保存", timeout=SLOW)
    sun.keyboard.press("2")
    sun.keyboard.type("第 7 秒起心房颤动")
    sun.get_by_role("button", name="保存为非正常").click()
    expect(sun.locator(".flashes")).to_contain_text("复读已保存", timeout=SLOW)
    zhou = room.page("zhou")
    zhou.goto(f"{room.url}/screening/{room.campaign}")
    expect(zhou.locator("#against")).to_contain_text("第 7 秒起心房颤动")
    picture(zhou, "screening-disagreement")
    assert grave_faults(zhou) == []
    zhou.goto(f"{room.url}/screening/{room.campaign}/af")
    expect(zhou.locator("#af")).to_contain_text("待核实")
    picture(zhou, "screening-af")
    assert grave_faults(zhou) == []
    with zhou.expect_download() as download:
        zhou.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == f"af-{room.campaign}.csv"
    assert sun.faults == zhou.faults == []


def test_an_administrator_opens_a_campaign(room):
    boss = room.page("boss")
    boss.goto(f"{room.url}/screening/new")
    boss.get_by_label("名称").fill("冬季筛查")
    picture(boss, "screening-new")
    assert grave_faults(boss) == []
    boss.get_by_role("button", name="保存").click()
    expect(boss.get_by_role("heading", name="冬季筛查")).to_be_visible()
    assert boss.evaluate("document.documentElement.scrollWidth <= innerWidth")
    boss.get_by_role("button", name="结束活动").click()
    boss.get_by_role("dialog").get_by_role("button", name="结束活动").click()
    expect(boss.get_by_text("已结束", exact=True)).to_be_visible()
    picture(boss, "screening-boss")
