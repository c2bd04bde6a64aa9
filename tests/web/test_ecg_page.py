"""The ECG page in a real browser: calipers that march, statements by letters, a screen that was measured."""

import re

import pytest
from playwright.sync_api import expect

from tests.plugins.reading_page import picture, reading_room


@pytest.fixture(scope="module")
def room(tmp_path_factory, program):
    yield from reading_room(tmp_path_factory.mktemp("ecg"), program, ("ecg", "ecg-prior"))


@pytest.fixture(scope="module")
def the_page(room):
    return room.page("qian")


@pytest.fixture
def page(the_page, room):
    """The ECG's page; a script that fails on it fails the test."""
    the_page.faults.clear()
    room.open(the_page, "ecg")
    yield the_page
    assert the_page.faults == []


def drag_mm(page, from_mm, to_mm):
    """Drag over the paper, in its own millimetres."""
    box = page.locator(".ecg svg").first.bounding_box()
    per_mm = box["width"] / float(page.locator(".ecg svg").first.get_attribute("viewBox").split()[2])
    place = [(box["x"] + x * per_mm, box["y"] + y * per_mm) for x, y in (from_mm, to_mm)]
    page.mouse.move(*place[0])
    page.mouse.down()
    page.mouse.move(*place[1], steps=4)
    page.mouse.up()


def test_a_caliper_says_ms_bpm_and_mv_and_marches_out_over_the_paper(page):
    drag_mm(page, (30, 30), (50, 20))
    said = page.locator(".caliper-text").text_content()
    ms, bpm, mv = (float(number) for number in re.findall(r"[\d.]+", said))
    assert (abs(ms - 800) < 25, abs(bpm - 75) < 3, abs(mv - 1.0) < 0.06) == (True, True, True), said
    page.keyboard.press("m")
    path = page.locator(".caliper-march").get_attribute("d")
    ticks = [float(x) for x in re.findall(r"M([\d.]+)", path)]
    steps = {round(b - a, 1) for a, b in zip(ticks, ticks[1:], strict=False)}
    assert len(ticks) >= 8 and len(steps - {max(steps)}) <= 2, ticks
    picture(page, "ecg-march")
    page.keyboard.press("m")
    expect(page.locator(".caliper-march")).to_have_count(0)


def test_a_screen_measured_with_a_card_shows_true_millimetres(page):
    svg = page.locator(".ecg svg").first
    width_mm = float(svg.get_attribute("viewBox").split()[2])
    page.get_by_role("button", name="未校准").click()
    slider = page.get_by_label("卡的大小")
    slider.fill("4.5")
    card = page.locator(".card-shape").bounding_box()
    assert abs(card["width"] - 85.6 * 4.5) < 3
    picture(page, "ecg-card")
    page.get_by_role("button", name="确认").click()
    assert abs(svg.bounding_box()["width"] - width_mm * 4.5) < 1
    page.reload()
    expect(page.locator(".ecg-scale")).to_have_text("1:1 已校准")
    assert abs(page.locator(".ecg svg").first.bounding_box()["width"] - width_mm * 4.5) < 1


def test_the_previous_ecg_stands_below_and_filters_are_named(page):
    expect(page.locator(".ecg svg")).to_have_count(2)
    tops = [one.bounding_box()["y"] for one in page.locator(".ecg").all()]
    assert tops[1] > tops[0]
    expect(page.locator(".ecg-caption")).to_contain_text("2024")
    expect(page.locator(".ecg svg").first).to_contain_text("low-pass 150 Hz")
    picture(page, "ecg-prior-below")
    page.locator("[data-prior]", has_text="ECG").last.click()
    expect(page.locator(".ecg svg")).to_have_count(1)


def test_letters_find_a_statement_and_enter_writes_it(page):
    found = {"fc": "心房颤动", "rbbb": "完全性右束支传导阻滞", "早搏": "房性早搏", "flut": "心房扑动"}
    field = page.get_by_role("combobox", name="诊断语句")
    for typed, statement in found.items():
        page.keyboard.press("f")
        expect(field).to_be_focused()
        field.press_sequentially(typed)
        expect(page.get_by_role("option", selected=True)).to_contain_text(statement)
        if typed == "fc":
            picture(page, "ecg-statements")
        field.press("Enter")
        field.press("Escape")
        expect(field).not_to_be_focused()
    expect(page.get_by_label("诊断意见")).to_have_value("\n".join(found.values()))
