"""The pictures in a real browser: what every tool leaves on them, and what the corners say."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from hub.store.tables import Instance, Marking
from tests.plugins.peers import wait_for
from tests.plugins.reading_page import DRAWN, picture, reading_room


@pytest.fixture(scope="module")
def room(tmp_path_factory, program):
    yield from reading_room(tmp_path_factory.mktemp("viewer"), program)


@pytest.fixture(scope="module")
def the_page(room):
    return room.page()


@pytest.fixture
def page(the_page):
    """One page for all tests; a script that fails on it fails the test."""
    the_page.faults.clear()
    yield the_page
    assert the_page.faults == []


def press(page, code):
    """A key by its place, as under a Chinese input method, whose browser says Process for every letter."""
    page.evaluate(
        "code => document.body.dispatchEvent(new KeyboardEvent('keydown',"
        " {code, key: 'Process', bubbles: true}))",
        code,
    )


def centre_of(page, number=0):
    box = page.locator(".vp-screen").nth(number).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, start, end):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=3)
    page.mouse.move(*end, steps=3)
    page.mouse.up()


def mark(page, key, by=(40, 30), at=(0, 40)):
    """Draw with a tool in the middle of the picture; return the text that stands beside the mark."""
    press(page, key)
    x, y = centre_of(page)
    drag(page, (x + at[0], y + at[1]), (x + at[0] + by[0], y + at[1] + by[1]))
    page.mouse.move(x - 200, y - 200)
    return words(page)


def words(page):
    said = page.locator(".vp-screen svg text, .vp-screen svg tspan")
    expect(said.first).to_be_attached()
    return " ".join(said.all_text_contents())


def clear(page):
    for _ in range(6):
        press(page, "Backspace")
    press(page, "Escape")


def numbers(text, name):
    return float(re.search(rf"{name}\s*(-?[\d.]+)", text)[1])


def test_regions_of_a_ct_say_mean_and_deviation_in_hounsfield_units(room, page):
    room.open(page, "ct")
    for key in ("KeyF", "KeyG"):
        said = mark(page, key)
        assert abs(numbers(said, "均值") - 40) < 4 and "HU" in said, said
        assert abs(numbers(said, "标准差") - 8) < 3 and "mm²" in said, said
        picture(page, f"viewer-roi-{key}")
        clear(page)


def test_the_presets_of_a_ct_have_keys(room, page):
    room.open(page, "ct")
    for code, shown in (("Digit6", "W 1500 C -600"), ("Digit0", "W 40 C 40"), ("Digit5", "W 400 C 40")):
        press(page, code)
        expect(page.locator(".ft-br")).to_contain_text(shown)


def test_a_length_on_a_film_says_that_it_is_a_projection_and_an_angle_is_in_degrees(room, page):
    room.open(page, "dx")
    assert "mm 投影" in mark(page, "KeyD")
    clear(page)
    press(page, "KeyB")
    x, y = centre_of(page)
    drag(page, (x - 60, y), (x + 60, y))
    drag(page, (x - 60, y + 80), (x + 60, y + 140))
    page.mouse.move(x - 200, y - 200)
    assert abs(numbers(words(page), "") - 26.6) < 2
    picture(page, "viewer-cobb")
    clear(page)


def test_an_arrow_carries_words_and_typing_them_presses_no_key_of_the_page(room, page):
    room.open(page, "dx")
    press(page, "KeyY")
    x, y = centre_of(page)
    drag(page, (x, y), (x + 60, y - 40))
    field = page.get_by_label("注释文字")
    field.type("with iid 结节")
    field.press("Enter")
    expect(page.locator(".vp-screen svg").first).to_contain_text("with iid 结节")
    picture(page, "viewer-arrow")
    clear(page)
    expect(page.locator(".vp-screen svg").first).not_to_contain_text("结节")


def test_a_length_in_an_ultrasound_region_is_in_its_centimetres(room, page):
    room.open(page, "us")
    said = mark(page, "KeyD", by=(100, 0))
    assert re.search(r"\d+\.\d\d cm", said), said


def test_the_magnifier_shows_the_picture_larger_while_the_button_is_held(room, page):
    room.open(page, "dx")
    press(page, "KeyM")
    x, y = centre_of(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y + 20, steps=3)
    lens = page.locator(".vp-lens")
    expect(lens).to_be_visible()
    picture(page, "viewer-magnifier")
    page.mouse.up()
    expect(lens).to_be_hidden()
    press(page, "Escape")


def test_the_corners_name_patient_site_and_image_and_the_edges_the_directions(room, page):
    room.open(page, "ct")
    expect(page.locator(".ft-tl")).to_contain_text("肺一")
    expect(page.locator(".ft-tr")).to_contain_text("2026-11-20")
    expect(page.locator(".ft-bl")).to_contain_text("图 1/12")
    for edge, letter in {"left": "R", "right": "L", "top": "A", "bottom": "P"}.items():
        expect(page.locator(f".ft-{edge}")).to_have_text(letter)
    press(page, "KeyH")
    expect(page.locator(".ft-left")).to_have_text("L")
    press(page, "KeyH")
    room.open(page, "dx")
    expect(page.locator(".ft-br").first).to_contain_text("有损压缩")
    expect(page.locator(".ruler-text").first).to_contain_text("投影")


def test_the_frontal_view_hangs_on_the_left_whatever_came_first(room, page):
    room.open(page, "dx")
    expect(page.locator(".ft-bl").nth(0)).to_contain_text("图 2/2")
    expect(page.locator(".ft-bl").nth(1)).to_contain_text("图 1/2")


def test_a_chest_ct_opens_in_the_lung_window_and_a_prior_scrolls_with_it(room, page):
    room.open(page, "ct")
    expect(page.locator(".ft-br")).to_contain_text("W 1500 C -600")
    page.locator("[data-prior]").click()
    page.wait_for_function("() => document.querySelectorAll('.vp').length === 2")
    page.wait_for_function(DRAWN)
    here, there = page.locator(".ft-bl").nth(0), page.locator(".ft-bl").nth(1)
    expect(there).to_contain_text("图 1/8")
    for _ in range(3):
        press(page, "ArrowDown")
        page.wait_for_timeout(150)
    expect(here).to_contain_text("图 4/12")
    expect(there).to_contain_text("图 4/8")
    for corner in page.locator(".ft-br").all():
        expect(corner).to_contain_text("W 1500 C -600")
    picture(page, "viewer-prior-linked")
    press(page, "Semicolon")
    press(page, "ArrowDown")
    expect(here).to_contain_text("图 5/12")
    expect(there).to_contain_text("图 4/8")


def test_a_loop_plays_on_and_fetches_no_frame_twice(room, page):
    asked = []
    page.on("request", lambda request: "/frames/" in request.url and asked.append(request.url))
    room.open(page, "us")
    expect(page.locator(".ft-bl")).to_contain_text("帧 1/90")
    page.wait_for_function(ALL_CACHED, timeout=30_000)
    press(page, "KeyC")
    page.evaluate(TWENTY_FRAMES_SHOWN)
    press(page, "KeyC")
    loop = next(url for url in asked if url.endswith("/frames/90")).removesuffix("90")
    own = [url for url in asked if url.startswith(loop) and url.rpartition("/")[2].isdigit()]
    assert len(own) == len(set(own)) == 90
    picture(page, "viewer-cine")


def test_the_next_case_is_fetched_while_this_one_is_read(room, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    room.open(page, "us")
    page.evaluate("() => new Promise(done => document.addEventListener('fetched-ahead', done, {once: true}))")
    own = f"/{room.studies['us']}/case.json?ahead=1"  # looks for news of the open case
    ahead = [url for url in asked if url.endswith("case.json?ahead=1") and not url.endswith(own)]
    assert len(ahead) == 1
    following = ahead[0].rpartition("/")[0]
    asked.clear()
    press(page, "KeyN")
    page.wait_for_url(following)
    page.wait_for_function(DRAWN)
    page.wait_for_timeout(300)
    assert not [url for url in asked if url.endswith(("/metadata", "/frames/1"))], asked


def test_a_damaged_image_is_named_in_the_viewport_and_the_rest_is_shown(room, page):
    with room.store.writing() as session:
        asked = select(Instance).where(Instance.study_id == room.studies["ct-prior"], Instance.number == 3)
        session.scalars(asked).one().damaged = True
    room.open(page, "ct-prior")
    expect(page.locator(".ft-bl")).to_contain_text("1 幅损坏，未显示")
    expect(page.locator(".ft-bl")).to_contain_text("图 1/7")
    picture(page, "viewer-damaged")


#: Every frame is in memory: the bar of the loop has come to its end.
ALL_CACHED = """() => performance.getEntriesByType('resource')
  .filter(one => /frames\\/\\d+$/.test(one.name)).length >= 90"""
#: Ends once the corner text has named twenty different frames.
TWENTY_FRAMES_SHOWN = """() => new Promise(done => {
  const text = document.querySelector('.ft-bl'), seen = new Set();
  const watcher = new MutationObserver(() => {
    seen.add(text.textContent);
    if (seen.size >= 20) { watcher.disconnect(); done(); }
  });
  watcher.observe(text, {childList: true, subtree: true, characterData: true});
})"""


def test_the_list_of_keys_names_the_tools(room, page):
    room.open(page, "dx")
    press(page, "Slash")
    shown = page.locator("dialog .keys")
    for name in ("Cobb 角", "椭圆区域", "放大镜", "CT 软组织 / 肺 / 骨窗"):
        expect(shown).to_contain_text(name)
    picture(page, "viewer-keys")
    page.keyboard.press("Escape")


def saved(page, act):
    """Do something and wait until the hub has kept the marks."""
    with page.expect_response(lambda answer: answer.url.endswith("/marks")) as said:
        act()
    assert said.value.status == 200, said.value.text()
    return said.value.json()


def kinds_kept(room, study):
    """The marks of the newest version, as the next reader will find them."""
    newest = select(Marking).where(Marking.study_id == room.studies[study]).order_by(Marking.version.desc())
    with room.store.reading() as session:
        marking = session.scalars(newest.limit(1)).first()
    return [mark["kind"] for mark in marking.marks] if marking else []


def test_a_page_left_in_the_moment_after_a_stroke_or_its_removal_has_kept_it(room, page):
    room.open(page, "us")
    clear(page)
    room.open(page, "ct")
    mark(page, "KeyD")
    room.open(page, "us")
    wait_for(lambda: kinds_kept(room, "ct") == ["length"], "the mark to be kept")
    room.open(page, "ct")
    clear(page)
    room.open(page, "us")
    wait_for(lambda: kinds_kept(room, "ct") == [], "its removal to be kept")


def versions_kept(room, study):
    """By whom each version of the marks was saved, oldest first."""
    asked = select(Marking).where(Marking.study_id == room.studies[study]).order_by(Marking.version)
    with room.store.reading() as session:
        return [marking.user.username for marking in session.scalars(asked)]


def test_who_only_looks_at_kept_marks_saves_no_version_of_them(room, page):
    room.open(page, "ct")
    saved(page, lambda: mark(page, "KeyF"))
    before = versions_kept(room, "ct")
    wang = room.page("wang")
    room.open(wang, "ct")
    assert abs(numbers(words(wang), "均值") - 40) < 4
    wang.wait_for_timeout(2500)
    room.open(wang, "us")
    wang.wait_for_timeout(500)
    assert versions_kept(room, "ct") == before and wang.faults == []
    wang.context.close()
    saved(page, lambda: press(page, "Backspace"))


def test_a_mark_that_somebody_else_took_away_is_not_brought_back_by_a_page_that_never_touched_it(room, page):
    room.open(page, "ct")
    saved(page, lambda: mark(page, "KeyF"))
    wang = room.open(room.page("wang"), "ct")
    assert abs(numbers(words(wang), "均值") - 40) < 4
    saved(page, lambda: press(page, "Backspace"))
    with wang.expect_response(lambda answer: answer.request.method == "PUT" and answer.status == 200) as said:
        mark(wang, "KeyD", at=(0, -150))
    assert [one["kind"] for one in said.value.json()["marks"]] == ["length"]
    expect(wang.locator(".vp")).to_contain_text("mm")
    assert "均值" not in words(wang) and wang.faults == []
    saved(wang, lambda: press(wang, "Backspace"))
    wang.context.close()


def test_marks_and_key_images_are_there_for_the_next_reader_and_can_be_taken_away(room, page):
    room.open(page, "us")
    wait_for(lambda: kinds_kept(room, "ct") == [], "what was drawn before to be gone")
    room.open(page, "ct")
    kept = saved(page, lambda: mark(page, "KeyF"))
    assert {value["unit"] for value in kept["marks"][0]["values"]} == {"mm2", "HU"}
    assert saved(page, lambda: press(page, "KeyK"))["keyImages"][0]["frame"] == 1
    expect(page.locator(".ft-key")).to_be_visible()
    picture(page, "viewer-key-image")

    wang = room.open(room.page("wang"), "ct")
    assert abs(numbers(words(wang), "均值") - 40) < 4
    expect(wang.locator(".ft-key")).to_be_visible()
    both = saved(wang, lambda: mark(wang, "KeyD", at=(0, -150)))["marks"]
    assert [one["kind"] for one in both] == ["ellipse", "length"] and both[0] == kept["marks"][0]
    picture(wang, "viewer-marks-next-reader")

    # The first reader's page is older now: what both drew stands.
    with page.expect_response(lambda answer: answer.request.method == "PUT" and answer.status == 200) as said:
        press(page, "Backspace")
    assert [one["kind"] for one in said.value.json()["marks"]] == ["length"]
    assert wang.faults == []
    wang.context.close()
