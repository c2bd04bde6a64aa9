"""One lead's samples as an SVG path in hundredths of a millimetre, thinned without losing a peak."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

#: Path units in one millimetre: coordinates are whole hundredths.
UNITS_PER_MM = 100
#: Within one column of this width only the highest and the lowest sample are kept; the pen is 0.25 mm wide.
COLUMN_UNITS = 10
#: A point is left out when the line without it passes this near (0.015 mm); bounded by `_PASSES` of them.
_STRAIGHT_UNITS = 1.5
_PASSES = 2
#: Farther out than any paper reaches: keeps a wild sample from making a wild number.
_LIMIT_UNITS = 1000 * UNITS_PER_MM

Floats = NDArray[np.float64]


def trace_path(microvolts: NDArray[np.floating], rate_hz: float, speed: float, gain: float) -> str:
    """Return the `d` of a path for samples in µV at `rate_hz`, drawn at `speed` mm/s and `gain` mm/mV.

    The first sample is at x = 0, 0 µV at y = 0, upwards is negative y. Samples that are not finite break the
    line. Returns an empty string when there is nothing to draw.
    """
    y = np.asarray(microvolts, dtype=np.float64) * (-gain * UNITS_PER_MM / 1000.0)
    x = np.arange(y.size, dtype=np.float64) * (speed * UNITS_PER_MM / rate_hz)
    return "".join(_run(x[part], y[part]) for part in _finite_parts(y))


def _finite_parts(y: Floats) -> Iterator[slice]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], np.isfinite(y), [False])).astype(np.int8)))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        yield slice(int(begin), int(end))


def _run(x: Floats, y: Floats) -> str:
    y = y.clip(-_LIMIT_UNITS, _LIMIT_UNITS)
    kept = _extremes(x, y)
    for _ in range(_PASSES):
        kept = kept[_bends(x[kept], y[kept])]
    columns, rows = np.rint(x[kept]).astype(int), np.rint(y[kept]).astype(int)
    steps = np.column_stack((np.diff(columns), np.diff(rows))).ravel().tolist()
    line = "l" + " ".join(map(str, steps)) if steps else "h0"
    return f"M{columns[0]} {rows[0]}{line}".replace(" -", "-")


def _extremes(x: Floats, y: Floats) -> NDArray[np.intp]:
    """Indices of the lowest and highest sample of every column, and of the run's two ends, in time order."""
    column = np.floor(x / COLUMN_UNITS)
    order = np.lexsort((y, column))
    first = np.flatnonzero(np.diff(column[order], prepend=-1.0))
    last = np.append(first[1:], y.size) - 1
    return np.unique(np.concatenate(([0, y.size - 1], order[first], order[last])))


def _bends(x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Which points matter: of every second one, those that lie off the line between their neighbours.

    The neighbours always stay, so a pass moves the line by `_STRAIGHT_UNITS` at most.
    """
    kept = np.ones(x.size, dtype=bool)
    middle = np.arange(1, x.size - 1, 2)
    before, after = middle - 1, middle + 1
    share = (x[middle] - x[before]) / (x[after] - x[before])
    straight = y[before] + share * (y[after] - y[before])
    kept[middle] = np.abs(y[middle] - straight) > _STRAIGHT_UNITS
    return kept
