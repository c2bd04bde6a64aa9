"""Measured intervals against the recorder's own, against a second method, and absent where there is
nothing."""

from dataclasses import replace

import numpy as np
import pytest

from ai_models.ecg_measure.agreement import compare, shares
from ai_models.ecg_measure.measure import UNITS, measure
from hub.domain.subject import TWELVE_LEADS, EcgRecord

#: What the recorder wrote into pydicom's sample, and how far we may be from it.
MACHINE = {
    "heart_rate": (60000 / 982, 2), "pr": (161, 20), "qrs": (75, 20), "qt": (368, 30),
    "axis_p": (74, 15), "axis_qrs": (52, 15), "axis_t": (57, 15),
}  # fmt: skip


def values(record):
    return {m.name: m.value for m in measure(record)}


@pytest.mark.parametrize("step", [1, 2, 4, 10])
def test_the_recorders_own_values_are_met_at_every_rate(mortara_ecg, step):
    slower = EcgRecord(mortara_ecg.leads, 1000.0 / step, mortara_ecg.microvolts[:, ::step])
    found = values(slower)
    for name, (machine, limit) in MACHINE.items():
        assert found[name] == pytest.approx(machine, abs=limit), name


def test_corrected_intervals_follow_from_qt_and_rr(mortara_ecg):
    found = values(mortara_ecg)
    assert found["qtc_bazett"] == pytest.approx(found["qt"] / (found["rr"] / 1000) ** 0.5, abs=0.2)
    assert found["qtc_fridericia"] == pytest.approx(found["qt"] / (found["rr"] / 1000) ** (1 / 3), abs=0.2)


def test_two_methods_agree_on_most_of_the_500_hz_records(shared_dir):
    found = shares(compare(shared_dir / "data" / "ecg" / "ptbxl500"))
    least = {"heart_rate": 0.95, "pr": 0.7, "qrs": 0.7, "qt": 0.5}
    for name, (agree, both) in found.items():
        assert both >= 22, name
        assert agree / both >= least[name], (name, agree, both)


def test_without_beats_every_value_is_absent_with_a_reason_and_never_0():
    generator = np.random.default_rng(3)
    for signal in (np.zeros((12, 5000)), generator.normal(0, 5, (12, 5000))):
        for measurement in measure(EcgRecord(TWELVE_LEADS, 500.0, signal.astype(np.float32))):
            assert measurement.value != 0
            assert measurement.value is not None or measurement.reason
    silent = measure(EcgRecord(TWELVE_LEADS, 500.0, np.zeros((12, 5000), np.float32)))
    assert all(m.value is None and m.reason == "no-beats" for m in silent)


def test_without_a_p_wave_there_is_no_pr_but_a_qrs(mortara_ecg):
    """The P waves are cut out by straight lines from before P to before QRS."""
    signal = mortara_ecg.microvolts.copy()
    for start in (325, 1324, 2305, 3287, 4283, 5266, 6240, 7242, 8215, 9168):
        low, high = start - 25, start + 155
        share = np.linspace(0, 1, high - low)
        signal[:, low:high] = signal[:, [low]] * (1 - share) + signal[:, [high]] * share
    found = {m.name: m for m in measure(replace(mortara_ecg, microvolts=signal))}
    assert found["pr"].value is None and found["pr"].reason == "no-p-wave"
    assert found["qrs"].value == pytest.approx(75, abs=20)


def test_too_few_leads_leave_everything_absent(mortara_ecg, shorn):
    found = measure(shorn(mortara_ecg, ("I", "II")))
    assert {m.reason for m in found} == {"too-few-leads"}


def test_every_measurement_has_its_unit_and_says_how(mortara_ecg):
    found = measure(mortara_ecg)
    assert [m.name for m in found] == list(UNITS)
    assert all(m.method and m.unit == UNITS[m.name] for m in found)
