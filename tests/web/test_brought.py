"""What other systems sent stands on the page without an extra click: drawings, chosen images, report text."""

import re

import pytest
from playwright.sync_api import expect

from tests.plugins.reading_page import picture, reading_room
from tests.web.reading_room import grave_faults


@pytest.fixture(scope="module")
def room(tmp_path_factory, program):
    yield from reading_room(tmp_path_factory.mktemp("brought"), program, ("dx-brought", "dx"))


@pytest.fixture(scope="module")
def page(room):
    return room.open(room.page(), "dx-brought")


def test_a_presentation_states_drawing_lies_over_its_image(page):
    shapes = page.locator(".vp-layer .brought-shape")
    expect(shapes).to_have_count(2)
    expect(page.locator(".vp-layer .brought-text")).to_have_text("外院所见")
    box = shapes.first.bounding_box()
    assert abs(box["width"] - box["height"]) < 2, "a circle stays round"
    expect(page.locator(".vp .ft-brought")).to_have_text(re.compile("外来标注 OUTSIDE"))
    picture(page, "viewer-brought")
    page.keyboard.press("o")
    expect(shapes).to_have_count(0)
    page.keyboard.press("o")
    expect(shapes).to_have_count(2)
    assert page.faults == []


def test_a_chosen_image_is_flagged_and_reached_by_one_click(page):
    expect(page.locator(".vp .ft-key")).to_contain_text("外来关键图 For Referring Provider")
    page.get_by_title("显示这一幅").click()
    expect(page.locator(".vp .ft-key")).to_be_visible()


def test_a_reports_text_stands_beside_the_picture(page):
    panel = page.get_by_role("region", name="外来对象")
    expect(panel.get_by_text("右肺下叶小结节")).to_be_visible()
    expect(panel.get_by_text("12.5 mm")).to_be_visible()
    assert grave_faults(page) == []


def test_a_study_without_such_objects_has_no_panel_and_asks_nothing(room, page):
    asked = []
    other = room.page()
    other.on("request", lambda request: asked.append(request.url))
    room.open(other, "dx")
    expect(other.get_by_role("region", name="外来对象")).to_be_hidden()
    assert not [url for url in asked if url.endswith("beside.json")]


def test_another_sites_objects_are_not_told(room):
    from hub.store import sites, users
    from tests.web.browser import PASSWORD

    with room.store.writing() as session:
        sites.add_site(session, "far", "FAR1")
        users.add_user(session, "far", "reader", PASSWORD, ("far",), display_name="Far", licence="L9")
    stranger = room.page("far")
    answer = stranger.request.get(f"{room.url}/studies/{room.studies['dx-brought']}/beside.json")
    assert answer.status == 404
