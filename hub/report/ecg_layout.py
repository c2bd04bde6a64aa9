"""Where each lead's strip lies on the paper, in millimetres."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hub.domain.subject import EcgRecord
from hub.report.ecg_style import LAYOUTS, RHYTHM_ROWS, EcgStyle

#: Room left of the traces for the calibration pulse, and right of them.
LEFT_MM = 15.0
RIGHT_MM = 5.0
#: Below the traces, for the line that names speed, gain and filters.
LABEL_MM = 7.0
_TOP_MM = 2.0
_MARGIN_MM = 1.0
_ROW_MM = {"3x4": 30.0, "6x2": 22.0, "6x2r": 18.0, "12x1": 12.0}
#: Paper may grow by this much above and below, so that a tall complex in an outer row is not cut, and still
#: fits A4 across.
_GROWTH_MM = {"3x4": 10.0, "6x2": 5.0, "6x2r": 5.0, "12x1": 0.0}


@dataclass(frozen=True)
class Strip:
    """One lead from `start_s` for `seconds`: its left end `x` and 0 µV line `y` in mm.

    `microvolts` are the samples [n] less `offset_uv`, the lead's median, which puts the trace on its line.
    """

    lead: str
    x: float
    y: float
    start_s: float
    seconds: float
    offset_uv: float
    microvolts: NDArray[np.float64]
    recorded: bool


@dataclass(frozen=True)
class Paper:
    """The drawing's size in mm, its strips, and the 0 µV line and label height of each row."""

    width: float
    height: float
    strips: tuple[Strip, ...]
    baselines: tuple[float, ...]
    row: float


def lay_out(record: EcgRecord, style: EcgStyle) -> Paper:
    """Return the paper for `record`: size, strips and row lines in mm."""
    rows = [(leads, style.start_s) for leads in LAYOUTS[style.layout]]
    rhythm = _rhythm_lead(record, style.rhythm)
    for number in range(RHYTHM_ROWS.get(style.layout, 0)):
        rows.append(((rhythm,), style.start_s + number * style.seconds))
    row_mm = _ROW_MM[style.layout]
    placed = [
        _row(record, replace(style, start_s=start), leads, index * row_mm)
        for index, (leads, start) in enumerate(rows)
    ]
    # At least as high as the calibration pulse, 1 mV.
    pulse = style.gain + _MARGIN_MM - _TOP_MM - row_mm / 2
    above = max(pulse, min(_reach(placed[0], style.gain, row_mm / 2, 1.0), _GROWTH_MM[style.layout]))
    below = min(_reach(placed[-1], style.gain, row_mm / 2, -1.0), _GROWTH_MM[style.layout])
    first = _to_thick_line(_TOP_MM + above + row_mm / 2)
    return Paper(
        width=_to_thick_line(LEFT_MM + style.seconds * style.speed + RIGHT_MM),
        height=_to_thick_line(first + row_mm * (len(rows) - 0.5) + below + LABEL_MM),
        strips=tuple(_moved_down(strip, first) for strips in placed for strip in strips),
        baselines=tuple(first + index * row_mm for index in range(len(rows))),
        row=row_mm,
    )


def _rhythm_lead(record: EcgRecord, wanted: str) -> str:
    return next((lead for lead in (wanted, "II", "V1", "I") if lead in record.leads), wanted)


def _row(record: EcgRecord, style: EcgStyle, leads: tuple[str, ...], y: float) -> list[Strip]:
    seconds = style.seconds / len(leads)
    recorded_s = record.duration_ms / 1000
    strips = []
    for index, lead in enumerate(leads):
        # A short recording (2.5 s of every lead) fills each column from what there is.
        start = max(0.0, min(style.start_s + index * seconds, recorded_s - seconds))
        x = LEFT_MM + index * seconds * style.speed
        strips.append(_strip(record, lead, (x, y), (start, seconds)))
    return strips


def _strip(record: EcgRecord, lead: str, at: tuple[float, float], span: tuple[float, float]) -> Strip:
    samples = _samples(record, lead)
    finite = samples[np.isfinite(samples)]
    offset = float(np.median(finite)) if finite.size else 0.0
    begin = round(span[0] * record.rate_hz)
    end = round((span[0] + span[1]) * record.rate_hz)
    start_s = begin / record.rate_hz
    return Strip(lead, *at, start_s, span[1], offset, samples[begin : end + 1] - offset, bool(finite.size))


def _samples(record: EcgRecord, lead: str) -> NDArray[np.float64]:
    if lead not in record.leads:
        return np.empty(0)
    return np.asarray(record.microvolts[record.leads.index(lead)], dtype=np.float64)


def _reach(strips: list[Strip], gain: float, room_mm: float, sign: float) -> float:
    """How many mm the row's traces reach beyond `room_mm` above (`sign` 1) or below (-1) their line."""
    parts = [sign * strip.microvolts[np.isfinite(strip.microvolts)] for strip in strips]
    tallest = max((float(part.max()) for part in parts if part.size), default=0.0) / 1000 * gain
    return max(0.0, math.ceil(tallest - room_mm))


def _to_thick_line(y: float) -> float:
    return 5.0 * math.ceil(y / 5)


def _moved_down(strip: Strip, by: float) -> Strip:
    return Strip(**{**vars(strip), "y": strip.y + by})
