"""A doctor's values of an ECG: what may be set, what follows from them, and that the machine's stay."""

import pytest

from hub.domain.ecg_edit import EcgEdit, amended, edit_from, machine_values, values_of
from hub.domain.finding import Measurement, Reading
from hub.domain.suggestion import suggestion

MACHINE = {
    "heart_rate": 60.0, "rr": 1000.0, "p_duration": 100.0, "pr": 160.0, "qrs": 90.0, "qt": 400.0,
    "qtc_bazett": 400.0, "qtc_fridericia": 400.0, "axis_p": 50.0, "axis_qrs": 30.0, "axis_t": 40.0,
}  # fmt: skip
MARKS = {"p_onset": 100.0, "p_offset": 200.0, "qrs_onset": 260.0, "qrs_offset": 350.0, "t_end": 660.0}


def reading():
    measured = tuple(Measurement(name, value, "", "machine") for name, value in MACHINE.items())
    return Reading("ecg", "1", "0" * 64, True, measurements=measured)


def test_marks_that_were_not_moved_change_nothing():
    assert values_of(EcgEdit(MARKS), MACHINE) == {}


def test_a_moved_t_end_changes_qt_and_both_corrections():
    found = values_of(EcgEdit(MARKS | {"t_end": 700.0}, {}, ("t_end",)), MACHINE)
    assert found == {"qt": 440.0, "qtc_bazett": 440.0, "qtc_fridericia": 440.0}


def test_a_moved_onset_changes_every_interval_that_it_bounds():
    found = values_of(EcgEdit(MARKS | {"qrs_onset": 250.0}, {}, ("qrs_onset",)), MACHINE)
    assert {name: found[name] for name in ("pr", "qrs", "qt")} == {"pr": 150.0, "qrs": 100.0, "qt": 410.0}
    assert "p_duration" not in found


def test_a_typed_rate_carries_rr_and_the_corrections_along():
    found = values_of(EcgEdit({}, {"heart_rate": 120.0}), MACHINE)
    assert (found["rr"], found["qtc_bazett"]) == (500.0, 565.7)
    assert found["qtc_fridericia"] == pytest.approx(504.0, abs=0.1)


def test_a_typed_value_counts_before_the_marks():
    assert values_of(EcgEdit(MARKS | {"t_end": 700.0}, {"qt": 390.0}, ("t_end",)), MACHINE)["qt"] == 390.0


def test_an_interval_that_the_machine_did_not_believe_is_none_until_one_of_its_marks_moves():
    doubted = MACHINE | {"qt": None, "qtc_bazett": None, "qtc_fridericia": None}
    found = values_of(EcgEdit(MARKS | {"qrs_offset": 380.0}, {}, ("qrs_offset",)), doubted)
    assert found == {"qrs": 120.0}


def test_what_no_machine_measured_can_be_set():
    found = values_of(EcgEdit({}, {"pr": 180.0}), machine_values(None))
    assert found == {"pr": 180.0}


@pytest.mark.parametrize(
    "marks, typed",
    [
        ({}, {"qtc_bazett": 400}), ({}, {"pr": 5000}), ({}, {"pr": "160"}), ({}, {"pr": True}),
        ({}, {"pr": float("nan")}), ({"p_onset": 300, "qrs_onset": 200}, {}), ({"q": 1}, {}), (None, {}),
    ],
)  # fmt: skip
def test_what_is_no_value_is_refused(marks, typed):
    with pytest.raises(ValueError):
        edit_from(marks, typed)


def test_the_suggested_words_say_the_doctors_values_and_the_reading_stays():
    said = reading()
    told = suggestion([amended(said, {"pr": 210.0})])
    assert told is not None and "PR 间期 210 ms" in told.text.findings
    assert dict((m.name, m.value) for m in said.measurements)["pr"] == 160.0
    assert amended(said, {}) is said
