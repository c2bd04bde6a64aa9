"""Values of an ECG that a doctor set: what may be set, what follows from it, and a reading that says it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hub.domain.finding import Measurement, Reading

#: What a person may set, with the lowest and the highest that is no slip of the hand: bpm, ms, degrees.
SETTABLE = {
    "heart_rate": (10, 350), "p_duration": (10, 300), "pr": (30, 800), "qrs": (20, 400), "qt": (100, 900),
    "axis_p": (-180, 180), "axis_qrs": (-180, 180), "axis_t": (-180, 180),
}  # fmt: skip
UNITS = {
    "heart_rate": "bpm", "rr": "ms", "p_duration": "ms", "pr": "ms", "qrs": "ms", "qt": "ms",
    "qtc_bazett": "ms", "qtc_fridericia": "ms", "axis_p": "degrees", "axis_qrs": "degrees",
    "axis_t": "degrees",
}  # fmt: skip
#: Places on the typical beat, in order of time.
MARKS = ("p_onset", "p_offset", "qrs_onset", "qrs_offset", "t_end")
#: Which interval lies between which marks.
BETWEEN = {
    "p_duration": ("p_onset", "p_offset"), "pr": ("p_onset", "qrs_onset"),
    "qrs": ("qrs_onset", "qrs_offset"), "qt": ("qrs_onset", "t_end"),
}  # fmt: skip
LONGEST_BEAT_MS = 4000
#: A mark that moved by less was not moved: the beat has a sample every 2 ms.
SAME_MS = 1.0
READER = "reader"


@dataclass(frozen=True)
class EcgEdit:
    """What a doctor set on one recording: `marks` in ms from the typical beat's start, `typed` values.

    `moved` names the marks that a person moved; the others stand where the machine found them.
    """

    marks: Mapping[str, float] = field(default_factory=dict)
    typed: Mapping[str, float] = field(default_factory=dict)
    moved: tuple[str, ...] = ()


def edit_from(marks: Any, typed: Any, moved: Any = ()) -> EcgEdit:
    """Return the edit that a page sent. Raises ValueError for a name, a value or an order that is none."""
    placed = _numbers(marks, dict.fromkeys(MARKS, (0, LONGEST_BEAT_MS)))
    in_order = [placed[name] for name in MARKS if name in placed]
    if in_order != sorted(in_order):
        raise ValueError("the marks of a beat stand in the order P, QRS, T")
    if not isinstance(moved, list | tuple) or not set(map(str, moved)) <= set(placed):
        raise ValueError("what was moved is a mark that has a place")
    return EcgEdit(placed, _numbers(typed, SETTABLE), tuple(sorted(set(map(str, moved)))))


def values_of(edit: EcgEdit, machine: Mapping[str, float | None]) -> dict[str, float]:
    """Return what differs from the machine's values: set, read off the marks, and what follows from both.

    The RR interval follows from a rate that was set; both QTc follow from QT and RR.
    """
    found = {name: value for name, value in _between(edit).items() if not _same(value, machine[name])}
    found |= edit.typed
    if "heart_rate" in found:
        found["rr"] = round(60000 / found["heart_rate"], 1)
    qt, rr = found.get("qt", machine["qt"]), found.get("rr", machine["rr"])
    if qt and rr and {"qt", "rr"} & set(found):
        found["qtc_bazett"] = round(qt / (rr / 1000) ** 0.5, 1)
        found["qtc_fridericia"] = round(qt / (rr / 1000) ** (1 / 3), 1)
    return found


def machine_values(reading: Reading | None) -> dict[str, float | None]:
    """Return the machine's value of everything that can be measured, None where it has none."""
    said = {one.name: one.value for one in reading.measurements} if reading else {}
    return {name: said.get(name) for name in UNITS}


def amended(reading: Reading, values: Mapping[str, float]) -> Reading:
    """Return the reading with a doctor's values in place of the machine's; its own row stays as it is."""
    if not values or not reading.measurements:
        return reading
    return replace(reading, measurements=tuple(_amended(one, values) for one in reading.measurements))


def _amended(one: Measurement, values: Mapping[str, float]) -> Measurement:
    return replace(one, value=values[one.name], method=READER, reason="") if one.name in values else one


def _between(edit: EcgEdit) -> dict[str, float]:
    """Read off the intervals that a moved mark bounds."""
    marks = edit.marks
    return {
        name: round(marks[end] - marks[start], 1)
        for name, (start, end) in BETWEEN.items()
        if start in marks and end in marks and {start, end} & set(edit.moved)
    }


def _same(value: float, machine: float | None) -> bool:
    return machine is not None and abs(value - machine) < SAME_MS


def _numbers(said: Any, allowed: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    if not isinstance(said, dict) or not set(said) <= set(allowed):
        raise ValueError("an edit names what can be measured")
    return {name: _number(value, allowed[name]) for name, value in said.items()}


def _number(value: Any, within: tuple[float, float]) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("a value is a number")
    if not within[0] <= value <= within[1]:
        raise ValueError(f"a value lies between {within[0]:g} and {within[1]:g}")
    return round(float(value), 1)
