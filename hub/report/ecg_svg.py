"""A resting ECG drawn true to scale on millimetre paper, for the page and the printed report alike."""

import math
import re
from xml.etree import ElementTree as ET

import numpy as np

from hub.domain.subject import EcgRecord
from hub.report.ecg_layout import LABEL_MM, LEFT_MM, Paper, Strip, lay_out
from hub.report.ecg_style import EcgMark, EcgStyle
from hub.report.ecg_trace import UNITS_PER_MM, trace_path
from hub.report.ecg_words import label_line, not_recorded

_SVG = "http://www.w3.org/2000/svg"
_PAPER, _THIN, _THICK, _INK, _MARK = "#fffafa", "#f9d3d6", "#f0a3aa", "#14161a", "#1d5fa8"
_PEN_MM = 0.25
#: The calibration pulse: 1 mV high, 0.2 s long (IEC 60601-2-25).
_PULSE_MV, _PULSE_S = 1.0, 0.2
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2 Characters


def ecg_svg(record: EcgRecord, style: EcgStyle | None = None) -> str:
    """Return the drawing as an SVG document whose width, height and view box are in millimetres.

    Each lead is shifted by its median so that it lies on its line; its shape and height are untouched. Every
    strip is a `g` that carries, for calipers: data-lead, data-x and data-y (mm), data-start-ms, data-end-ms,
    data-offset-uv. Raises ValueError when the record has no sampling rate.
    """
    if not record.rate_hz > 0:
        raise ValueError("an ECG without a sampling rate cannot be drawn to scale")
    style = style or EcgStyle()
    paper = lay_out(record, style)
    root = draw_root(paper, style)
    draw_grid(root, paper)
    _draw_pulses(root, paper, style)
    for strip in paper.strips:
        draw_strip(root, strip, paper, record, style)
    for mark in style.marks:
        _draw_mark(root, mark, paper, style)
    line = label_line(record, style, _is_cut(paper, style))
    write(root, (LEFT_MM, paper.height - LABEL_MM / 2 + 1), line, size=3.2)
    return ET.tostring(root, encoding="unicode")


def draw_root(paper: Paper, style: EcgStyle) -> ET.Element:
    """Return an empty document of the paper's size in mm."""
    return ET.Element(
        "svg",
        {
            "xmlns": _SVG,
            "width": f"{paper.width:g}mm",
            "height": f"{paper.height:g}mm",
            "viewBox": f"0 0 {paper.width:g} {paper.height:g}",
            "data-layout": style.layout,
            "data-speed": f"{style.speed:g}",
            "data-gain": f"{style.gain:g}",
            "font-family": "'Noto Sans SC Variable','Noto Sans SC',sans-serif",
            "fill": _INK,
        },
    )


def draw_grid(root: ET.Element, paper: Paper) -> None:
    """Draw the paper's millimetres, every fifth one thicker."""
    size = {"width": f"{paper.width:g}", "height": f"{paper.height:g}"}
    ET.SubElement(root, "rect", size, fill=_PAPER)
    thin, thick = _lines(paper, 1, but=5), _lines(paper, 5)
    ET.SubElement(root, "path", {"d": thin, "stroke": _THIN, "stroke-width": "0.1", "fill": "none"})
    ET.SubElement(root, "path", {"d": thick, "stroke": _THICK, "stroke-width": "0.15", "fill": "none"})


def _lines(paper: Paper, every: int, but: int | None = None) -> str:
    def stations(length: float) -> list[int]:
        return [at for at in range(0, int(length) + 1, every) if but is None or at % but]

    upright = [f"M{x} 0v{paper.height:g}" for x in stations(paper.width)]
    level = [f"M0 {y}h{paper.width:g}" for y in stations(paper.height)]
    return "".join(upright + level)


def _draw_pulses(root: ET.Element, paper: Paper, style: EcgStyle) -> None:
    height, width = _PULSE_MV * style.gain, _PULSE_S * style.speed
    before = (LEFT_MM - 2 - width) / 2
    d = "".join(
        f"M{1:g} {y:g}h{before:g}v{-height:g}h{width:g}v{height:g}H{LEFT_MM - 1:g}" for y in paper.baselines
    )
    ET.SubElement(
        root, "path", {"class": "pulse", "d": d, "stroke": _INK, "stroke-width": f"{_PEN_MM}", "fill": "none"}
    )


def draw_strip(root: ET.Element, strip: Strip, paper: Paper, record: EcgRecord, style: EcgStyle) -> None:
    """Draw one lead with its name; `record` gives the sampling rate."""
    group = ET.SubElement(root, "g", _facts(strip))
    write(group, (strip.x + 1.2, strip.y - min(paper.row / 2 - 2.5, 9)), strip.lead, size=3.4, weight="bold")
    if strip.x > LEFT_MM:
        d = f"M{strip.x:g} {strip.y - 3:g}v6"
        ET.SubElement(group, "path", {"d": d, "stroke": _INK, "stroke-width": "0.15", "fill": "none"})
    if not strip.recorded:
        write(group, (strip.x + 12, strip.y + 1), not_recorded(style), size=3.2)
    d = trace_path(strip.microvolts, record.rate_hz, style.speed, style.gain)
    if d:
        move = f"translate({strip.x:g} {strip.y:g})scale({1 / UNITS_PER_MM:g})"
        pen = {"stroke": _INK, "stroke-width": f"{_PEN_MM * UNITS_PER_MM:g}", "stroke-linejoin": "round"}
        ET.SubElement(group, "path", {"class": "trace", "d": d, "transform": move, "fill": "none", **pen})


def _facts(strip: Strip) -> dict[str, str]:
    return {
        "data-lead": _clean(strip.lead),
        "data-x": f"{strip.x:g}",
        "data-y": f"{strip.y:g}",
        "data-start-ms": f"{strip.start_s * 1000:g}",
        "data-end-ms": f"{(strip.start_s + strip.seconds) * 1000:g}",
        "data-offset-uv": f"{strip.offset_uv:.4g}",
    }


def _draw_mark(root: ET.Element, mark: EcgMark, paper: Paper, style: EcgStyle) -> None:
    for strip in paper.strips:
        begin = max(mark.start_ms, strip.start_s * 1000)
        end = min(mark.end_ms, (strip.start_s + strip.seconds) * 1000)
        if begin > end or (mark.leads and strip.lead not in mark.leads):
            continue
        x = strip.x + (begin / 1000 - strip.start_s) * style.speed
        width, top, height = (end - begin) / 1000 * style.speed, strip.y - paper.row / 2 + 1, paper.row - 2
        group = ET.SubElement(root, "g", {"class": "mark", "data-lead": _clean(strip.lead)})
        place = {"x": f"{x:.2f}", "y": f"{top:g}", "width": f"{width:.2f}", "height": f"{height:g}"}
        ET.SubElement(group, "rect", place, fill=_MARK, opacity="0.12")
        sides = f"M{x:.2f} {top:g}v{height:g}m{width:.2f} 0v{-height:g}"
        ET.SubElement(group, "path", {"d": sides, "stroke": _MARK, "stroke-width": "0.15", "fill": "none"})
        write(group, (x + width + 0.6, top + 2.6), mark.label, size=2.6, fill=_MARK)


def _is_cut(paper: Paper, style: EcgStyle) -> bool:
    def leaves(strip: Strip) -> bool:
        finite = strip.microvolts[np.isfinite(strip.microvolts)] * style.gain / 1000
        highest, lowest = (finite.max(), finite.min()) if finite.size else (-math.inf, math.inf)
        return bool(strip.y - highest < 0 or strip.y - lowest > paper.height)

    return any(leaves(strip) for strip in paper.strips)


def write(parent: ET.Element, at: tuple[float, float], words: str, **look: object) -> None:
    """Put `words` at (x, y) mm; `size` in mm, other looks as SVG's attributes."""
    if not words:
        return
    attributes = {"x": f"{at[0]:.2f}", "y": f"{at[1]:.2f}"}
    names = {"size": "font-size", "weight": "font-weight"}
    attributes |= {names.get(name, name): str(value) for name, value in look.items()}
    ET.SubElement(parent, "text", attributes).text = _clean(words)


def _clean(words: str) -> str:
    return _NOT_XML.sub("\ufffd", words)
