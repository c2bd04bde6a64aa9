"""An ECG made ready for a network: the independent leads, at one rate, in millivolts."""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from hub.domain.subject import EcgRecord

#: The eight leads that are measured; III, aVR, aVL and aVF are sums of I and II (Einthoven, Goldberger).
INDEPENDENT = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")
SHORTEST_SECONDS = 5.0
LOWEST_RATE_HZ = 100.0
#: A lead that moves less than this from its 1st to its 99th percentile carries no heart beat.
FLAT_UV = 20.0
MOST_MISSING = 0.02


def refuse_signal(record: EcgRecord) -> str:
    """Return why the eight leads cannot be read (a reason key), or ""."""
    signal = np.asarray(record.microvolts)
    if signal.ndim != 2 or len(record.leads) != len(signal) or not record.rate_hz > 0 or not signal.size:
        return "not-a-signal"
    leads = independent_leads(record)
    if leads is None:
        return "too-few-leads"
    if record.rate_hz < LOWEST_RATE_HZ:
        return "rate-too-low"
    if leads.shape[1] < SHORTEST_SECONDS * record.rate_hz:
        return "too-short"
    if np.isinf(leads).any() or np.isnan(leads).mean(axis=1).max() > MOST_MISSING:
        return "missing-samples"
    low, high = np.nanpercentile(leads, [1, 99], axis=1)
    flat = [name for name, span in zip(INDEPENDENT, high - low, strict=True) if span < FLAT_UV]
    return f"flat-lead:{' '.join(flat)}" if flat else ""


def independent_leads(record: EcgRecord) -> NDArray[np.float64] | None:
    """Return µV [8, samples] of I, II, V1–V6, a limb lead worked out from two others; None when one is
    wanting."""
    have = dict(zip(record.leads, np.asarray(record.microvolts, dtype=np.float64), strict=True))
    if "III" in have:  # Einthoven: II = I + III
        if "I" not in have and "II" in have:
            have["I"] = have["II"] - have["III"]
        if "II" not in have and "I" in have:
            have["II"] = have["I"] + have["III"]
    if any(name not in have for name in INDEPENDENT):
        return None
    return np.stack([have[name] for name in INDEPENDENT])


def at_rate(signal: NDArray[np.float64], rate_hz: float, wanted_hz: float) -> NDArray[np.float64]:
    """Return [leads, samples] at `wanted_hz`, low-passed first by scipy's polyphase Kaiser filter."""
    ratio = Fraction(wanted_hz / rate_hz).limit_denominator(1000)
    if ratio == 1:
        return signal
    middle = np.median(signal, axis=1, keepdims=True)
    return resample_poly(signal - middle, ratio.numerator, ratio.denominator, axis=1) + middle


def filled(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the signal with its few missing samples on straight lines between their neighbours."""
    if not np.isnan(signal).any():
        return signal
    out, places = signal.copy(), np.arange(signal.shape[1])
    for lead in out:
        gap = np.isnan(lead)
        if gap.any() and not gap.all():
            lead[gap] = np.interp(places[gap], places[~gap], lead[~gap])
    return out
