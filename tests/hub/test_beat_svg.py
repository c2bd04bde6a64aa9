"""The typical beat's drawing: true millimetres, twelve leads, marks for the page to lay over it."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from hub.domain.subject import TWELVE_LEADS, EcgBeat
from hub.report.beat_svg import beat_svg
from hub.report.ecg_style import EcgStyle

MARKS = {"p_onset": 212.0, "qrs_onset": 360.0, "qrs_offset": 450.0, "t_end": 760.0}


def beat(height=1000.0):
    microvolts = np.zeros((12, 520))
    microvolts[:, 200:205] = height
    return EcgBeat(TWELVE_LEADS, 500.0, microvolts, 900.0, 11, MARKS)


@pytest.mark.parametrize("gain", [5.0, 10.0, 20.0])
def test_a_millivolt_is_as_high_as_the_gain_says(gain):
    svg = beat_svg(beat(), EcgStyle(speed=50.0, gain=gain))
    heights = {int(step) for step in re.findall(r"l[^\"]*? ?(-\d+)", svg)}
    assert -round(gain * 100) in {int(one) for one in re.findall(r"-\d+", svg)}, sorted(heights)[:5]


def test_every_lead_and_the_marks_are_told_to_the_page():
    root = ET.fromstring(beat_svg(beat(), EcgStyle(speed=50.0)))
    strips = [g for g in root if g.get("data-lead")]
    assert sorted(g.get("data-lead") for g in strips) == sorted(TWELVE_LEADS)
    assert root.get("data-marks") == "p_onset:212 qrs_onset:360 qrs_offset:450 t_end:760"
    assert (root.get("data-ms"), root.get("data-speed")) == ("1040", "50")
    columns = sorted({float(g.get("data-x")) for g in strips})
    assert np.diff(columns) == pytest.approx([55.0] * 3)


def test_the_paper_fits_the_room_beside_the_report():
    tall = ET.fromstring(beat_svg(beat(3000.0), EcgStyle(speed=50.0, gain=20.0)))
    assert float(tall.get("width").removesuffix("mm")) <= 270
    assert float(tall.get("height").removesuffix("mm")) <= 160
    assert "11" in beat_svg(beat(), EcgStyle())
