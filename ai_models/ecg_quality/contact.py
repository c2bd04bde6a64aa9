"""Leads without contact, and leads beyond the amplifier's range."""

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float64]
Which = NDArray[np.bool_]

#: Less movement than this in a second is no heart's.
FLAT_UV, FLAT_WHOLE_UV = 12.0, 20.0
SECOND_SHARE = 0.2
#: A trace that stands still at its own highest or lowest value for so long, so often, is cut there.
PLATEAU_MS, PLATEAU_UV, PLATEAUS, APART_MS = 8.0, 300.0, 3, 250.0
MOST_SHARE = 0.1
#: How steeply a cut wave runs into its edge, per sample.
STEEP_UV, STEEP_SHARE = 8.0, 0.025


def loose_leads(signal: Signal, rate_hz: float) -> tuple[Which, Which]:
    """Return which leads of µV [leads, samples] are flat throughout, and which for a fifth of the time."""
    low, high = np.percentile(signal, [1, 99], axis=1)
    flat = high - low < FLAT_WHOLE_UV
    width = int(rate_hz)
    seconds = signal[:, : signal.shape[1] // width * width].reshape(len(signal), -1, width)
    still = np.ptp(seconds, axis=2) < FLAT_UV
    return flat, (still.mean(axis=1) >= SECOND_SHARE) & ~flat


def saturated_leads(signal: Signal, rate_hz: float) -> tuple[Which, Which]:
    """Return which leads are cut at their top or bottom, and which for a tenth of the time or more."""
    part, most = np.zeros(len(signal), bool), np.zeros(len(signal), bool)
    for number, lead in enumerate(signal):
        middle = float(np.median(lead))
        for edge in (float(lead.max()), float(lead.min())):
            if abs(edge - middle) < PLATEAU_UV:
                continue
            at = np.abs(lead - edge) < 0.5
            if _plateaus(_cut(at, lead, abs(edge - middle)), rate_hz) >= PLATEAUS or at.mean() >= MOST_SHARE:
                part[number] = True
                most[number] |= bool(at.mean() >= MOST_SHARE)
    return part, most


def _cut(at: Which, lead: NDArray[np.float64], height: float) -> Which:
    """Keep the stays at the edge that a slope runs into on both sides: the top of a wave rounds off first."""
    step = max(STEEP_UV, STEEP_SHARE * height)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], at, [False])).astype(np.int8)))
    kept = np.zeros_like(at)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        before, after = lead[max(0, start - 1)], lead[min(len(lead) - 1, end)]
        kept[start:end] = min(abs(before - lead[start]), abs(after - lead[start])) >= step
    return kept


def _plateaus(at: Which, rate_hz: float) -> int:
    """Count stays at the edge that last, each well apart from the one before: beats never agree so."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], at, [False])).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    long = ends - starts >= max(2, PLATEAU_MS * rate_hz / 1000)
    count, last = 0, -np.inf
    for start in starts[long]:
        if start - last >= APART_MS * rate_hz / 1000:
            count, last = count + 1, float(start)
    return count
