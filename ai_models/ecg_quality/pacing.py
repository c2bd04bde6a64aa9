"""Pacing spikes: jumps of a few milliseconds, far steeper than any complex, seen in several leads at once."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

Signal = NDArray[np.float64]
Which = NDArray[np.bool_]

#: Below this rate a spike is spread over its neighbours and cannot be told from a steep complex.
LOWEST_RATE_HZ = 250.0
WIDEST_MS, SPIKE_UV, SPIKES, APART_MS, LEADS = 4.0, 180.0, 3, 200.0, 2
STEEPER, USUAL_PERCENTILE = 6.0, 98.0


def paced_leads(signal: Signal, rate_hz: float) -> Which:
    """Return which leads of µV [leads, samples] show spikes; none where the rate is too low to tell."""
    none = np.zeros(len(signal), bool)
    if rate_hz < LOWEST_RATE_HZ:
        return none
    width = int(WIDEST_MS * rate_hz / 1000) * 2 + 1
    narrow = np.abs(signal - median_filter(signal, size=(1, width), mode="nearest"))
    usual = np.percentile(narrow, USUAL_PERCENTILE, axis=1, keepdims=True)
    spikes = (narrow > SPIKE_UV) & (narrow > STEEPER * usual)
    together = np.flatnonzero(spikes.sum(axis=0) >= LEADS)
    if not together.size:
        return none
    groups = np.split(together, np.flatnonzero(np.diff(together) > APART_MS * rate_hz / 1000) + 1)
    if len(groups) < SPIKES:
        return none
    counts = np.array([[spikes[lead, group].any() for group in groups] for lead in range(len(signal))])
    return np.asarray(counts.sum(axis=1) >= SPIKES)
