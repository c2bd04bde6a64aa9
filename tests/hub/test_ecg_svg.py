"""The ECG drawing: true to scale, no peak lost, nothing from outside ever markup."""

import gzip
import re
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from hub.domain.subject import TWELVE_LEADS, EcgRecord
from hub.report.ecg_style import GAINS_MM_MV, LAYOUTS, SPEEDS_MM_S, EcgMark, EcgStyle
from hub.report.ecg_svg import ecg_svg

SVG = "{http://www.w3.org/2000/svg}"


def spikes(rate_hz: float = 500.0, seconds: float = 10.0) -> EcgRecord:
    """A 1 mV spike half a second after every full second, in all leads."""
    samples = np.zeros((12, int(rate_hz * seconds)), dtype=np.float32)
    samples[:, int(rate_hz / 2) :: int(rate_hz)] = 1000.0
    return EcgRecord(TWELVE_LEADS, rate_hz, samples)


def groups(svg: str, lead: str) -> list[ET.Element]:
    root = ET.fromstring(svg)
    return [g for g in root.iter(f"{SVG}g") if g.get("data-lead") == lead and g.get("class") != "mark"]


def points(group: ET.Element) -> list[np.ndarray]:
    """Each unbroken line of a trace as [point, (x, y)] in mm from its strip's left end and 0 µV line."""
    trace = next(path for path in group.iter(f"{SVG}path") if path.get("class") == "trace")
    scale = float(re.search(r"scale\(([\d.]+)\)", trace.get("transform", "")).group(1))
    lines = []
    for line in trace.get("d", "").split("M")[1:]:
        start, _, rest = line.partition("l")
        numbers = [float(n) for n in re.findall(r"-?\d+", rest)]
        steps = np.array([float(n) for n in re.findall(r"-?\d+", start)][:2] + numbers).reshape(-1, 2)
        lines.append(np.cumsum(steps, axis=0) * scale)
    return lines


def words(svg: str) -> list[str]:
    return [text.text or "" for text in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("speed", SPEEDS_MM_S)
@pytest.mark.parametrize("gain", GAINS_MM_MV)
def test_one_millivolt_and_one_second_have_their_true_length(speed: float, gain: float) -> None:
    rhythm = groups(ecg_svg(spikes(), EcgStyle(speed=speed, gain=gain)), "II")[-1]
    (line,) = points(rhythm)
    peaks = line[np.isclose(line[:, 1], -gain, atol=0.005)]
    assert len(peaks) == 10
    assert np.allclose(np.diff(peaks[:, 0]), speed, atol=0.011)
    assert line[:, 1].max() == 0.0


def test_width_height_and_view_box_are_the_same_millimetres() -> None:
    root = ET.fromstring(ecg_svg(spikes()))
    assert root.get("viewBox") == f"0 0 {root.get('width')[:-2]} {root.get('height')[:-2]}"
    assert root.get("width").endswith("mm") and root.get("height").endswith("mm")


def test_the_calibration_pulse_is_one_millivolt_high_and_a_fifth_of_a_second_long() -> None:
    root = ET.fromstring(ecg_svg(spikes(), EcgStyle(speed=50, gain=20)))
    pulse = next(path.get("d") for path in root.iter(f"{SVG}path") if path.get("class") == "pulse")
    assert pulse.count("v-20h10v20") == 4


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("gain", GAINS_MM_MV)
def test_the_calibration_pulse_is_never_cut(layout: str, gain: float) -> None:
    root = ET.fromstring(ecg_svg(spikes(), EcgStyle(layout=layout, gain=gain)))
    pulse = next(path.get("d") for path in root.iter(f"{SVG}path") if path.get("class") == "pulse")
    assert min(float(y) for y in re.findall(r"M1 ([\d.]+)h", pulse)) > gain


def test_the_paper_has_a_line_every_millimetre_and_a_stronger_one_every_five() -> None:
    root = ET.fromstring(ecg_svg(spikes()))
    thin, thick = list(root.iter(f"{SVG}path"))[:2]

    def upright(path: ET.Element) -> list[int]:
        return [int(x) for x in re.findall(r"M(\d+) 0v", path.get("d", ""))]

    assert sorted(upright(thin) + upright(thick)) == list(range(271))
    assert upright(thick) == list(range(0, 271, 5))
    assert float(thick.get("stroke-width")) > float(thin.get("stroke-width"))


@pytest.mark.parametrize("rate_hz", [100.0, 250.0, 500.0, 1000.0, 2000.0])
def test_thinning_loses_no_peak(rate_hz: float) -> None:
    random = np.random.default_rng(7)
    samples = (random.standard_normal((12, int(10 * rate_hz))) * 300).astype(np.float32)
    record = EcgRecord(TWELVE_LEADS, rate_hz, samples)
    rhythm = groups(ecg_svg(record), "II")[-1]
    (line,) = points(rhythm)
    lead = samples[1].astype(float)
    millimetres = -(lead - np.median(lead)) / 100
    times = np.arange(lead.size) * 25 / rate_hz
    for left in range(0, 250):
        here = (times >= left) & (times < left + 1)
        drawn = (line[:, 0] >= left - 0.006) & (line[:, 0] < left + 1.006)
        assert line[drawn, 1].max() >= millimetres[here].max() - 0.04
        assert line[drawn, 1].min() <= millimetres[here].min() + 0.04
    assert line[:, 1].max() <= millimetres.max() + 0.006 and line[:, 1].min() >= millimetres.min() - 0.006


def test_missing_samples_break_the_line() -> None:
    record = spikes()
    record.microvolts[1, 1000:1100] = np.nan
    record.microvolts[1, 3000] = np.inf
    lines = points(groups(ecg_svg(record), "II")[-1])
    assert [round(float(line[0, 0]), 2) for line in lines] == [0.0, 55.0, 150.05]
    assert round(float(lines[0][-1, 0]), 2) == 49.95


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_shows_every_lead_at_its_own_time(layout: str) -> None:
    svg = ecg_svg(spikes(), EcgStyle(layout=layout))
    shown = [groups(svg, lead)[0] for lead in TWELVE_LEADS]
    columns = {"3x4": 4, "6x2": 2, "6x2r": 2, "12x1": 1}[layout]
    starts = {float(strip.get("data-start-ms")) for strip in shown}
    assert starts == {column * 10_000 / columns for column in range(columns)}
    assert len(groups(svg, "II")) == {"3x4": 2, "6x2": 1, "6x2r": 3, "12x1": 1}[layout]


def test_narrow_paper_shows_the_whole_recording_in_two_rows_of_rhythm() -> None:
    svg = ecg_svg(spikes(), EcgStyle(layout="6x2r", seconds=5))
    assert ET.fromstring(svg).get("width") == "145mm"
    spans = [(strip.get("data-start-ms"), strip.get("data-end-ms")) for strip in groups(svg, "II")]
    assert spans == [("0", "2500"), ("0", "5000"), ("5000", "10000")]
    peaks = [line[line[:, 1] < -9.9] for strip in groups(svg, "II")[1:] for line in points(strip)]
    assert [[round(float(x), 1) for x, _y in row] for row in peaks] == [[12.5, 37.5, 62.5, 87.5, 112.5]] * 2
    assert "0–10 s / 10 s" in " ".join(words(svg))


def test_a_recording_of_two_and_a_half_seconds_fills_every_column() -> None:
    svg = ecg_svg(spikes(seconds=2.5))
    for lead in ("I", "aVR", "V1", "V4"):
        assert groups(svg, lead)[0].get("data-start-ms") == "0"
        assert points(groups(svg, lead)[0])[0][-1, 0] > 62


def test_a_trace_lies_on_its_line_and_says_by_how_much_it_was_moved() -> None:
    record = spikes()
    moved = EcgRecord(TWELVE_LEADS, 500.0, record.microvolts + 2500)
    strip = groups(ecg_svg(moved), "II")[-1]
    assert strip.get("data-offset-uv") == "2500"
    assert points(strip)[0][0, 1] == 0.0


def test_a_lead_that_was_not_recorded_is_said_to_be_missing() -> None:
    record = spikes()
    eight = tuple(lead for lead in TWELVE_LEADS if not lead.startswith("aV") and lead != "III")
    rows = [TWELVE_LEADS.index(lead) for lead in eight]
    svg = ecg_svg(EcgRecord(eight, 500.0, record.microvolts[rows]))
    assert words(svg).count("未记录") == 4
    assert "aVR" in words(svg)


def test_leads_beyond_the_twelve_are_named_as_not_drawn() -> None:
    record = EcgRecord((*TWELVE_LEADS, "V7"), 500.0, np.zeros((13, 5000), dtype=np.float32))
    assert "未绘出导联 V7" in words(ecg_svg(record))[-1]


def test_the_label_names_speed_gain_and_filters_or_says_that_none_is_stated() -> None:
    record = spikes()
    assert words(ecg_svg(record))[-1].startswith("25 mm/s · 10 mm/mV · 滤波未注明")
    filtered = EcgRecord(TWELVE_LEADS, 500.0, record.microvolts, ("0.05–150 Hz", "50 Hz"))
    assert words(ecg_svg(filtered))[-1].startswith("25 mm/s · 10 mm/mV · 0.05–150 Hz · 50 Hz · ")
    assert "filters not stated" in words(ecg_svg(record, EcgStyle(language="en")))[-1]


def test_a_tall_complex_grows_the_paper_and_one_that_still_leaves_it_is_told() -> None:
    record = spikes()
    tall = EcgRecord(TWELVE_LEADS, 500.0, record.microvolts * 2.4)
    giant = EcgRecord(TWELVE_LEADS, 500.0, record.microvolts * 9)

    def height(svg: str) -> float:
        return float(ET.fromstring(svg).get("height").removesuffix("mm"))

    assert height(ecg_svg(tall)) > height(ecg_svg(record))
    assert "波幅超出纸面" not in words(ecg_svg(tall))[-1]
    assert "波幅超出纸面" in words(ecg_svg(giant))[-1]


def test_text_from_outside_stays_text() -> None:
    hostile = '<script>alert("x")</script>&amp;\x00]]>'
    record = EcgRecord((hostile, *TWELVE_LEADS), 500.0, np.zeros((13, 5000)), (hostile,))
    svg = ecg_svg(record, EcgStyle(marks=(EcgMark(0, 400, hostile),)))
    root = ET.fromstring(svg)
    assert not list(root.iter(f"{SVG}script")) and "<script" not in svg
    assert any('<script>alert("x")</script>&amp;\ufffd]]>' in text for text in words(svg))


def test_a_measurement_is_marked_where_it_was_measured() -> None:
    svg = ecg_svg(spikes(), EcgStyle(marks=(EcgMark(1000, 1400, "QT 400 ms", ("II",)),)))
    strips = groups(svg, "II")
    rects = [g.find(f"{SVG}rect") for g in ET.fromstring(svg).iter(f"{SVG}g") if g.get("class") == "mark"]
    assert [(float(r.get("x")), float(r.get("width"))) for r in rects] == [(40.0, 10.0)] * len(strips)
    assert words(svg).count("QT 400 ms") == 2


def test_a_later_stretch_of_a_long_recording_is_drawn_and_named() -> None:
    svg = ecg_svg(spikes(seconds=60), EcgStyle(start_s=30))
    assert groups(svg, "II")[-1].get("data-start-ms") == "30000"
    assert "30–40 s / 60 s @ 500 Hz" in words(svg)[-1]


WRONG = [{"layout": "4x4"}, {"speed": 30}, {"gain": 0}, {"language": "fr"}, {"seconds": 0}]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_style_that_is_not_offered_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError):
        EcgStyle(**wrong)


@pytest.mark.parametrize("samples", [np.zeros((12, 0)), np.full((12, 1), 5.0), np.full((12, 5000), np.nan)])
def test_an_odd_recording_is_still_paper(samples: np.ndarray) -> None:
    root = ET.fromstring(ecg_svg(EcgRecord(TWELVE_LEADS, 500.0, samples)))
    assert len(list(root.iter(f"{SVG}g"))) == 13


def test_a_recording_without_a_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="sampling rate"):
        ecg_svg(EcgRecord(TWELVE_LEADS, 0.0, np.zeros((12, 10))))


def test_ten_seconds_at_a_thousand_hertz_are_drawn_within_a_tenth_of_a_second() -> None:
    random = np.random.default_rng(1)
    record = EcgRecord(TWELVE_LEADS, 1000.0, random.standard_normal((12, 10_000)) * 50)
    taken = []
    for _ in range(5):
        begin = time.process_time()
        ecg_svg(record)
        taken.append(time.process_time() - begin)
    assert min(taken) < 0.1


def test_a_real_tracing_weighs_about_twenty_two_kilobytes_compressed(shared_dir: Path) -> None:
    weights = []
    for file in sorted((shared_dir / "data" / "ecg" / "ptbxl500").glob("*.dat")):
        counts = np.fromfile(file, dtype="<i2").reshape(-1, 12).T  # WFDB format 16, 1000 counts per mV
        svg = ecg_svg(EcgRecord(TWELVE_LEADS, 500.0, counts.astype(np.float32)))
        weights.append(len(gzip.compress(svg.encode())))
    assert np.mean(weights) < 22_000 and max(weights) < 30_000
