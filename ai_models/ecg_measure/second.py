"""A second way to the same intervals, beat by beat and lead by lead, to check the first one against.

It shares nothing with it but the reading of the file: beats by lead II's curve length, T end by area
(Vázquez-Seisdedos et al., 2011), P and QRS limits by the farthest point from a chord, then medians.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, find_peaks, sosfiltfilt

Signal = NDArray[np.float64]


def second_intervals(leads: Signal, rate_hz: float) -> dict[str, float | None]:
    """Return heart_rate, pr, qrs and qt of µV [leads, samples]; None where fewer than three beats gave
    one."""
    clean = np.asarray(sosfiltfilt(butter(2, [0.4, 35], "bandpass", fs=rate_hz, output="sos"), leads, axis=1))
    peaks = _complexes(clean, rate_hz)
    if len(peaks) < 3:
        return {"heart_rate": None, "pr": None, "qrs": None, "qt": None}
    rr = float(np.median(np.diff(peaks)))
    beats = [_beat(clean, int(p), rate_hz, rr) for p in peaks[1:-1]]
    found: dict[str, float | None] = {
        "heart_rate": 60 * rate_hz * (len(peaks) - 1) / float(peaks[-1] - peaks[0])
    }
    for name in ("pr", "qrs", "qt"):
        values = [beat[name] for beat in beats if name in beat]
        found[name] = float(np.median(values)) if len(values) >= 3 else None
    return found


def _complexes(clean: Signal, rate_hz: float) -> NDArray[np.int64]:
    """Peaks of the curve length of all leads in 100 ms (after Zong et al., 2003)."""
    step = np.sqrt(1 + np.diff(clean, axis=1) ** 2).sum(axis=0)
    width = int(0.1 * rate_hz)
    length = np.convolve(step, np.ones(width), "same")
    length = length - np.percentile(length, 20)
    peaks, _ = find_peaks(length, distance=int(0.28 * rate_hz), height=0.4 * np.percentile(length, 97))
    return np.asarray(peaks, dtype=np.int64)


def _beat(clean: Signal, peak: int, rate_hz: float, rr: float) -> dict[str, float]:
    ms = rate_hz / 1000.0
    onsets, offsets, t_ends, p_onsets = [], [], [], []
    for lead in clean:
        low, high = peak - int(140 * ms), peak + int(160 * ms)
        if low < int(320 * ms) or high + int(min(440 * ms, 0.6 * rr)) >= len(lead):
            continue
        span = np.abs(lead[peak - int(60 * ms) : peak + int(60 * ms)] - np.median(lead[low:high]))
        if span.max() < 150:
            continue
        crest = peak - int(60 * ms) + int(span.argmax())
        onset = _corner(lead, crest - int(100 * ms), crest - int(4 * ms))
        offset = _corner(lead, crest + int(4 * ms), crest + int(110 * ms))
        onsets.append(onset)
        offsets.append(offset)
        t_ends.append(_t_end(lead, offset, ms, rr))
        p_onsets.append(_p_onset(lead, onset, ms))
    return _medians(onsets, offsets, t_ends, p_onsets, ms)


def _medians(onsets: list, offsets: list, t_ends: list, p_onsets: list, ms: float) -> dict[str, float]:
    """Combine leads: the complex begins with the earliest and ends with the latest of most leads."""
    if len(onsets) < 4:
        return {}
    onset, offset = np.percentile(onsets, 15), np.percentile(offsets, 80)
    found = {"qrs": float(offset - onset) / ms}
    ends = [end for end in t_ends if end is not None]
    starts = [start for start in p_onsets if start is not None]
    if len(ends) >= 4:
        found["qt"] = float(np.percentile(ends, 65) - onset) / ms
    if len(starts) >= 4:
        found["pr"] = float(onset - np.percentile(starts, 40)) / ms
    return found


def _corner(lead: Signal, low: int, high: int) -> int:
    """Return the sample farthest from the straight line between the ends of lead[low:high]."""
    part = lead[low:high]
    chord = np.linspace(part[0], part[-1], len(part))
    return low + int(np.abs(part - chord).argmax())


def _t_end(lead: Signal, offset: int, ms: float, rr: float) -> int | None:
    low, high = offset + int(60 * ms), offset + int(min(420 * ms, 0.6 * rr))
    part = lead[low:high]
    if len(part) < 100 * ms:
        return None
    middle = np.median(part)
    peak = low + int(np.abs(part - middle).argmax())
    if abs(lead[peak] - middle) < 60:
        return None
    width, stop = int(40 * ms), min(peak + int(200 * ms), len(lead) - 1)
    areas = [
        abs(float((lead[max(0, at - width) : at] - lead[at]).sum()))
        for at in range(peak + int(20 * ms), stop)
    ]
    return peak + int(20 * ms) + int(np.argmax(areas)) if areas else None


def _p_onset(lead: Signal, onset: int, ms: float) -> int | None:
    low, high = onset - int(300 * ms), onset - int(30 * ms)
    if low < 0:
        return None
    part = lead[low:high]
    chord = np.linspace(part[0], part[-1], len(part))
    away = np.abs(part - chord)
    if away.max() < 35:
        return None
    peak = low + int(away.argmax())
    begin = max(0, peak - int(80 * ms))
    return _corner(lead, begin, peak) if peak - begin > 10 * ms else None
