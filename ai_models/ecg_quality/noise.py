"""Muscle and mains noise, and a baseline that wanders."""

import numpy as np
from numpy.typing import NDArray

from ai_models.ecg_filter import filtered

Signal = NDArray[np.float64]
Which = NDArray[np.bool_]

#: Beyond this a QRS complex has only a few steep places: what is there all the time is noise.
FAST_HZ, SLOW_HZ = 30.0, 0.5
NOISE_UV, DROWNED_UV, WANDER_UV = 30.0, 120.0, 3000.0
TO_SIGMA = 1.4826  # median absolute deviation to standard deviation of a normal distribution


def noisy_leads(signal: Signal, rate_hz: float) -> tuple[Which, Which]:
    """Return which leads of µV [leads, samples] are noisy, and which are drowned in it."""
    fast = filtered(signal, FAST_HZ, "highpass", rate_hz)
    level = TO_SIGMA * np.median(np.abs(fast), axis=1)
    return level > NOISE_UV, level > DROWNED_UV


def wandering_leads(signal: Signal, rate_hz: float) -> Which:
    """Return which leads' baseline goes up and down by more than three millivolts."""
    slow = filtered(signal, SLOW_HZ, "lowpass", rate_hz)
    low, high = np.percentile(slow, [2, 98], axis=1)
    return np.asarray(high - low > WANDER_UV)
