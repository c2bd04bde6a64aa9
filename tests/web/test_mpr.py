"""A CT in three planes in a real browser, and what a PC without a graphics card says instead."""

import re

import pytest
from playwright.sync_api import expect

from tests.plugins.reading_page import picture, reading_room
from tests.web.reading_room import grave_faults

#: The browser's WebGL is computed here; with another name it is used as if a card drew.
AS_IF_A_CARD = """() => {}; for (const made of [WebGLRenderingContext, WebGL2RenderingContext]) {
  const asked = made.prototype.getParameter;
  made.prototype.getParameter = function (name) {
    return name === 0x9246 ? 'A graphics card' : asked.call(this, name) } }"""
PANES = ("mpr-axial", "mpr-coronal", "mpr-sagittal")
#: Share of the pane's pixels that are not black.
SEEN = """id => { const canvas = document.querySelector(`[data-mpr=${id}] canvas`);
  const at = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let lit = 0; for (let i = 0; i < at.length; i += 4) if (at[i] > 8) lit++;
  return lit / (at.length / 4) }"""


@pytest.fixture(scope="module")
def room(tmp_path_factory, program):
    yield from reading_room(tmp_path_factory.mktemp("mpr"), program, ("ct", "dx"))


@pytest.fixture(scope="module")
def carded(room):
    """A page on a PC with a graphics card."""
    page = room.page()
    page.add_init_script(AS_IF_A_CARD)
    return page


def places(page):
    """Which slice each pane shows."""
    return [int(page.locator(f"[data-mpr={id}] .ft-bl").text_content().split("/")[0]) for id in PANES]


def drawn(page):
    for id in PANES:
        page.wait_for_function(f"({SEEN})('{id}') > 0.05", timeout=30_000)


def test_a_ct_is_cut_in_three_planes_whose_cross_hair_is_linked(room, carded):
    page = room.open(carded, "ct")
    page.keyboard.press(".")
    drawn(page)
    expect(page.locator("[data-mpr=mpr-coronal]")).to_contain_text("冠状位")
    letters = {id: page.locator(f"[data-mpr={id}] .ft-top").text_content() for id in PANES}
    assert letters == {"mpr-axial": "A", "mpr-coronal": "H", "mpr-sagittal": "H"}
    assert page.locator("[data-mpr=mpr-axial] svg line").count() >= 2
    before = places(page)
    box = page.locator("[data-mpr=mpr-axial]").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.35, box["y"] + box["height"] * 0.42)
    page.wait_for_function(
        "was => document.querySelector('[data-mpr=mpr-sagittal] .ft-bl').textContent.split('/')[0] != was",
        arg=str(before[2]),
    )
    after = places(page)
    assert after[0] == before[0] and after[1] != before[1] and after[2] != before[2]
    page.keyboard.press("6")
    for id in PANES:
        expect(page.locator(f"[data-mpr={id}] .ft-br")).to_have_text("W 1500 C -600")
    picture(page, "viewer-mpr")
    assert grave_faults(page) == []


def test_the_keys_scroll_a_plane_and_lead_back_to_the_stack(room, carded):
    page = room.open(carded, "ct")
    page.keyboard.press(".")
    drawn(page)
    before = places(page)
    page.keyboard.press("ArrowDown")
    page.wait_for_function(
        "was => document.querySelector('[data-mpr=mpr-axial] .ft-bl').textContent.split('/')[0] != was",
        arg=str(before[0]),
    )
    page.keyboard.press("d")
    expect(page.get_by_text(re.compile("MPR 中可调窗"))).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".mpr")).to_have_count(0)
    expect(page.locator(".vp-grid")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".vp .ft-bl").first).to_contain_text("2/12")


def test_a_pc_without_a_card_says_so_and_the_stack_stays(room):
    page = room.open(room.page(), "ct")
    button = page.get_by_role("button", name="MPR")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_attribute("title", re.compile("没有可用的显卡"))
    page.keyboard.press(".")
    expect(page.get_by_text(re.compile("没有可用的显卡"))).to_be_visible()
    expect(page.locator(".mpr")).to_have_count(0)
    picture(page, "viewer-mpr-no-card")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".vp .ft-bl").first).to_contain_text("2/12")


def test_a_film_has_no_planes_to_cut(room):
    page = room.open(room.page(), "dx")
    expect(page.locator("[role=toolbar] .i-mpr")).to_be_hidden()
    page.keyboard.press(".")
    expect(page.get_by_text(re.compile("至少 3 层"))).to_be_visible()
