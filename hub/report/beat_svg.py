"""The typical beat of an ECG drawn true to scale, twelve leads beside one another, for the page."""

from dataclasses import dataclass
from xml.etree import ElementTree as ET

import numpy as np

from hub.domain.subject import EcgBeat, EcgRecord
from hub.report.ecg_layout import LABEL_MM, Paper, Strip
from hub.report.ecg_style import LAYOUTS, EcgStyle
from hub.report.ecg_svg import draw_grid, draw_root, draw_strip, write
from hub.report.ecg_words import beat_line

_ROWS = LAYOUTS["3x4"]
_LEFT_MM, _GAP_MM, _TOP_MM = 5.0, 3.0, 4.0
#: Space above and below the 0 µV line at most, and at least, so that a small complex is not lost.
_MOST_MM, _LEAST_MM = 30.0, 8.0
#: Before the complex the line is level: its median there is laid on 0 µV.
_LEVEL_MS = 40.0


@dataclass(frozen=True)
class _Room:
    above: float
    below: float


def beat_svg(beat: EcgBeat, style: EcgStyle) -> str:
    """Return the drawing as SVG in millimetres; `style` gives speed, gain and language.

    The root carries data-ms (length of the beat) and data-marks ("p_onset:112.0 …"), each strip what
    `ecg_svg` gives it.
    """
    paper = _lay_out(beat, style)
    # Speed and gain are what the drawing shares with the ten seconds; it has no rhythm row and no pulse.
    root = draw_root(paper, style)
    root.set("data-ms", f"{_length_ms(beat):g}")
    root.set("data-marks", " ".join(f"{name}:{at:g}" for name, at in beat.marks.items()))
    draw_grid(root, paper)
    record = EcgRecord(beat.leads, beat.rate_hz, beat.microvolts)
    for strip in paper.strips:
        draw_strip(root, strip, paper, record, style)
    write(root, (_LEFT_MM, paper.height - LABEL_MM / 2 + 1), beat_line(beat, style), size=3.2)
    return ET.tostring(root, encoding="unicode")


def _lay_out(beat: EcgBeat, style: EcgStyle) -> Paper:
    width = _length_ms(beat) / 1000 * style.speed
    levelled = {lead: _levelled(beat, at) for at, lead in enumerate(beat.leads)}
    strips: list[Strip] = []
    lines: list[float] = []
    top = _TOP_MM
    for row in _ROWS:
        room = _room([levelled[lead] for lead in row if lead in levelled], style.gain)
        line = top + room.above
        lines.append(line)
        for column, lead in enumerate(row):
            x = _LEFT_MM + column * (width + _GAP_MM)
            strips.append(_strip(lead, (x, line), levelled.get(lead), _length_ms(beat)))
        top = line + room.below
    across = _LEFT_MM + len(_ROWS[0]) * (width + _GAP_MM)
    return Paper(_up(across), _up(top + LABEL_MM), tuple(strips), tuple(lines), 2 * _LEAST_MM)


def _strip(lead: str, at: tuple[float, float], samples: np.ndarray | None, ms: float) -> Strip:
    recorded = samples is not None
    drawn = samples if samples is not None else np.empty(0)
    return Strip(lead, *at, 0.0, ms / 1000, 0.0, drawn, recorded)


def _levelled(beat: EcgBeat, row: int) -> np.ndarray:
    """Return the lead in µV with the level before its complex at 0."""
    samples = np.asarray(beat.microvolts[row], dtype=np.float64)
    onset = beat.marks.get("qrs_onset")
    if onset is None:
        return samples - float(np.median(samples))
    end = max(1, int(onset * beat.rate_hz / 1000))
    start = max(0, end - int(_LEVEL_MS * beat.rate_hz / 1000 / 2))
    return samples - float(np.median(samples[start:end]))


def _room(row: list[np.ndarray], gain: float) -> _Room:
    highest = max((float(one.max()) for one in row), default=0.0) * gain / 1000 + 6
    lowest = -min((float(one.min()) for one in row), default=0.0) * gain / 1000 + 2
    return _Room(_within(highest), _within(lowest))


def _within(millimetres: float) -> float:
    return float(np.clip(np.ceil(millimetres), _LEAST_MM, _MOST_MM))


def _length_ms(beat: EcgBeat) -> float:
    return float(beat.microvolts.shape[1]) * 1000 / beat.rate_hz


def _up(millimetres: float) -> float:
    return 5.0 * float(np.ceil(millimetres / 5))
