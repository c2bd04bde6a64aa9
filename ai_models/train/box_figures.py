"""Figures for boxes: average precision at half overlap, hits by the best box, misses against false alarms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ai_models.findings.bone_fracture.boxes import overlap

ENOUGH = 0.5  # a box counts as found from this overlap (PASCAL VOC)


@dataclass(frozen=True)
class Matched:
    """One picture: how many boxes were drawn, which given ones hit (best first), and whether the best
    points inside."""

    drawn: int
    chances: NDArray[np.float64]
    hits: NDArray[np.bool_]
    points_inside: bool


def matched(drawn: NDArray, given: NDArray, chances: NDArray) -> Matched:
    """Match given boxes [m, 4], best first, to drawn ones [k, 4], each drawn one once."""
    left, hits = list(range(len(drawn))), []
    for box in given:
        over = [overlap(box, drawn[index]) for index in left]
        hits.append(bool(over) and max(over) >= ENOUGH)
        if hits[-1]:
            left.pop(int(np.argmax(over)))
    inside = False
    if len(given):
        x, y = (given[0][:2] + given[0][2:]) / 2
        inside = any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in drawn)
    return Matched(len(drawn), np.asarray(chances, dtype=float), np.array(hits, dtype=bool), inside)


def average_precision(pictures: list[Matched]) -> float:
    """Return the area under the precision-recall curve at 50 % overlap, all points (VOC 2010); NaN without
    boxes."""
    total = sum(picture.drawn for picture in pictures)
    if not total:
        return float("nan")
    hits = _ranked(pictures)
    if not len(hits):
        return 0.0
    found = hits.cumsum()
    precision = found / np.arange(1, len(found) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.diff(np.concatenate([[0.0], found / total]))
    return float((steps * envelope).sum())


def sensitivity_at(pictures: list[Matched], alarms: float) -> float:
    """Return the share of drawn boxes found at `alarms` false boxes per picture (FROC)."""
    total = sum(picture.drawn for picture in pictures)
    hits = _ranked(pictures)
    if not total or not len(hits):
        return float("nan")
    allowed = (~hits).cumsum() <= alarms * len(pictures)
    return float(hits[allowed].sum() / total)


def pointing(pictures: list[Matched]) -> float:
    """Return the share of fractured pictures whose best box has its centre inside a drawn one (pointing
    game)."""
    inside = [picture.points_inside for picture in pictures if picture.drawn]
    return float(np.mean(inside)) if inside else float("nan")


def _ranked(pictures: list[Matched]) -> NDArray[np.bool_]:
    """Return hit or not of every given box of all pictures, most probable first."""
    chances = np.concatenate([picture.chances for picture in pictures])
    hits = np.concatenate([picture.hits for picture in pictures])
    return hits[np.argsort(-chances, kind="stable")]
