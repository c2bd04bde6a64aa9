"""In a real browser: the typical beat, values dragged and typed, and what changed since the last ECG."""

import re
import time

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from ai_models.ecg_measure.measure import measure
from dicom.load import load_dataset
from dicom.waveform import ecg_record
from hub.domain.finding import Reading
from hub.store.pre_reads import keep_reading
from hub.store.tables import EcgEdit, Instance
from tests.plugins.reading_page import picture, reading_room
from tests.web.reading_room import grave_faults


@pytest.fixture(scope="module")
def room(tmp_path_factory, program):
    for made in reading_room(tmp_path_factory.mktemp("values"), program, ("ecg", "ecg-prior")):
        for study in made.studies.values():
            measured(made.store, study)
        yield made


def measured(store, study):
    """Let the hub measure the study's ECG, without a network's statements."""
    with store.writing() as session:
        instance = session.scalars(select(Instance).where(Instance.study_id == study)).one()
        values = measure(ecg_record(load_dataset(store.vault.path(instance.file_key))))
        keep_reading(
            session, instance, Reading("ecg", "1.0", "0" * 64, True, measurements=values), f"2.25.{study}"
        )


@pytest.fixture(scope="module")
def the_page(room):
    return room.page("qian")


@pytest.fixture
def page(the_page, room):
    the_page.faults.clear()
    room.open(the_page, "ecg")
    expect(the_page.locator(".ecg svg")).to_have_count(2)
    yield the_page
    # The next test opens the case anew: what is still on its way would be a second version of the draft.
    expect(the_page.locator(".save-dirty")).to_have_count(0, timeout=15_000)
    assert the_page.faults == []


def last_edit(room):
    with room.store.reading() as session:
        return session.scalars(select(EcgEdit).order_by(EcgEdit.version.desc())).first()


def until(true):
    """Wait for what a key press has the page send a moment later."""
    for _ in range(100):
        if true():
            return
        time.sleep(0.05)
    assert true()


def value(page, name):
    """The number that counts now, as the table shows it."""
    return float(page.locator(f"[data-measure={name}] strong").text_content())


def test_the_last_ecg_stands_below_by_itself_with_what_changed(page):
    expect(page.locator(".ecg-caption")).to_contain_text("2024")
    serial = page.locator(".serial")
    expect(serial).to_contain_text("较 2024-05-01")
    told = serial.locator("[data-serial=heart_rate]").text_content()
    before, now, sign, by = re.search(r"(\d+)→(\d+) ([▲▼])(\d+)", told).groups()
    assert int(now) - int(before) == int(by) * (1 if sign == "▲" else -1)
    assert serial.locator("[data-serial]").count() == 5
    tops = [one.bounding_box()["y"] for one in page.locator(".ecg-paper").all()]
    assert tops[1] > tops[0] + 300
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366
    picture(page, "ecg-serial")
    assert grave_faults(page) == []


def test_the_typical_beat_is_one_key_away_and_dragging_a_mark_measures_anew(page, room):
    page.keyboard.press("b")
    beat = page.locator(".beat svg")
    expect(beat).to_be_visible()
    grip = beat.locator("[data-mark=qrs_offset]").first
    qrs = value(page, "qrs")
    words = page.get_by_label("检查所见")
    page.keyboard.press("s")
    expect(words).to_have_value(re.compile(rf"QRS 时限 {qrs:.0f} ms"))
    box, line = beat.bounding_box(), grip.locator(".beat-line").get_attribute("d")
    per_mm = box["width"] / float(beat.get_attribute("viewBox").split()[2])
    x = box["x"] + float(re.match(r"M([\d.]+)", line)[1]) * per_mm
    page.mouse.move(x, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(x + 2 * per_mm, box["y"] + 60, steps=5)
    page.mouse.up()
    expect(page.locator("[data-measure=qrs] del")).to_have_text(f"{qrs:.0f}")
    assert abs(value(page, "qrs") - qrs - 40) <= 3, "2 mm at 50 mm/s are 40 ms"
    expect(words).to_have_value(re.compile(rf"QRS 时限 {value(page, 'qrs'):.0f} ms"))
    expect(page.locator(".measured-by")).to_contain_text("Qian")
    assert beat.locator(".beat-was").count() == 4
    picture(page, "ecg-beat")
    assert grave_faults(page) == []


def test_arrow_keys_move_a_mark_by_a_sample(page, room):
    page.keyboard.press("b")
    slider = page.get_by_role("slider", name="T 波终点")
    at = float(slider.get_attribute("aria-valuenow"))
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuenow", re.compile(f"^{at + 10:g}$"))
    expect(page.locator("[data-measure=qt] .measure-was")).to_be_visible()
    expect(slider).to_be_focused()
    until(lambda: last_edit(room).marks.get("t_end") == at + 10)


def moved_by_a_sample(page, name):
    """Move a mark by one arrow key and return where it is then."""
    slider = page.locator(f".beat [data-mark={name}][tabindex]")
    at = float(slider.get_attribute("aria-valuenow"))
    slider.focus()
    page.keyboard.press("ArrowRight")
    return at + 2


def test_marks_moved_by_keys_one_right_after_the_other_are_both_kept(page, room):
    page.keyboard.press("b")
    wanted = {name: moved_by_a_sample(page, name) for name in ("p_offset", "qrs_onset")}
    until(lambda: wanted.keys() <= set(last_edit(room).moved))
    assert {name: last_edit(room).marks[name] for name in wanted} == wanted


def test_a_mark_moved_by_keys_is_kept_though_the_page_is_left_at_once(page, room):
    page.keyboard.press("b")
    wanted = moved_by_a_sample(page, "p_onset")
    page.goto(room.url)
    until(lambda: last_edit(room).marks.get("p_onset") == wanted)


def test_values_are_typed_by_keyboard_alone_and_seen_by_the_reviewer(page, room):
    page.keyboard.press("g")
    field = page.locator(".measure-field")
    expect(field).to_be_focused()
    page.keyboard.type("104")
    page.keyboard.press("Tab")
    expect(page.locator("[data-measure=p_duration] .measure-field")).to_be_focused()
    expect(page.locator("[data-measure=heart_rate] strong")).to_have_text("104")
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    picture(page, "ecg-typed-values")
    reviewer = room.open(room.page("wang"), "ecg")
    row = reviewer.locator("[data-measure=heart_rate]")
    expect(row.locator("strong")).to_have_text("104")
    expect(row.locator("del")).to_be_visible()
    expect(row.get_by_role("button")).to_be_disabled()
    reviewer.context.close()
    page.get_by_role("button", name="恢复机器值").click()
    expect(page.locator(".measure-was")).to_have_count(0)
    with room.store.reading() as session:
        rows = session.scalars(select(EcgEdit).order_by(EcgEdit.version)).all()
        assert rows[-1].values == {} and any(row.typed == {"heart_rate": 104} for row in rows)


def test_a_wrong_number_stays_in_the_field_and_is_kept_nowhere(page):
    page.keyboard.press("g")
    page.keyboard.type("9x")
    page.keyboard.press("Enter")
    expect(page.locator(".measure-field")).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Escape")
    expect(page.locator(".measure-was")).to_have_count(0)
