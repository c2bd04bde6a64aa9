"""The typical beat that is shown is the one that was measured: its marks give the measured intervals."""

import numpy as np
import pytest

from ai_models.ecg_measure.measure import measure
from ai_models.ecg_measure.median_beat import median_beat
from hub.domain.subject import TWELVE_LEADS, EcgRecord


def test_the_marks_give_the_measured_intervals(mortara_ecg):
    beat, said = median_beat(mortara_ecg), {m.name: m.value for m in measure(mortara_ecg)}
    marks = beat.marks
    assert marks["qrs_offset"] - marks["qrs_onset"] == said["qrs"]
    assert marks["qrs_onset"] - marks["p_onset"] == said["pr"]
    assert marks["t_end"] - marks["qrs_onset"] == said["qt"]
    assert beat.rr_ms == pytest.approx(said["rr"], abs=0.1)


def test_all_twelve_leads_are_there_and_obey_einthoven(mortara_ecg):
    beat = median_beat(mortara_ecg)
    assert beat.leads == TWELVE_LEADS and beat.microvolts.shape == (12, 520)
    one, two, three, avr = beat.microvolts[:4]
    assert np.allclose(one + three, two) and np.allclose(avr, -(one + two) / 2)


def test_a_flat_line_and_too_few_leads_have_no_beat(mortara_ecg, shorn):
    assert median_beat(EcgRecord(TWELVE_LEADS, 500.0, np.zeros((12, 5000), np.float32))) is None
    assert median_beat(shorn(mortara_ecg, ("I", "V1"))) is None
