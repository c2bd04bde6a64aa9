"""Where P, QRS and T begin and end on a typical beat, over all leads together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from ai_models.ecg_measure.beats import RATE_HZ
from ai_models.ecg_measure.typical import Typical

MS = RATE_HZ / 1000.0  # samples per millisecond
QRS_SMOOTH_MS = 2.5
QRS_REACH_MS = (110.0, 160.0)
QRS_SHARE = (0.07, 0.09)  # of the steepest slope, at which the complex begins and ends
#: Not the very steepest place: a pacing spike is far steeper than the complex it starts.
STEEP_PERCENTILE = 90.0
QUIET_MS = 12.0
SECOND_PART_MS, SECOND_PART_SHARE = 50.0, 0.2
SLOW_SMOOTH_MS = 8.0
T_FROM_MS, T_TO_MS = 60.0, 560.0
T_LATEST_SHARE, T_MEAN_SHARE = 0.62, 0.45  # of a short RR, of the mean RR: beyond both the next P wave begins
T_SMALLEST_UV = 50.0
P_REACH_MS = (290.0, 24.0)
P_SMALLEST_UV = 60.0  # along the main direction of eight leads: about 20 µV in each
P_SHARE = 0.15
P_SECOND_SHARE = 0.5
P_ALIKE = 0.35


@dataclass(frozen=True)
class Waves:
    """Sample numbers on the typical beat; a wave that cannot be measured is None, `why` says the reason."""

    qrs: tuple[int, int] | None = None
    p: tuple[int, int] | None = None
    t_end: int | None = None
    t: tuple[int, int] | None = None
    why: tuple[tuple[str, str], ...] = ()


def find_waves(typical: Typical, rr_ms: float, short_rr_ms: float) -> Waves:
    """Return the waves of a typical beat; mean and short RR bound how late a T wave may peak."""
    qrs = _qrs(typical)
    if qrs is None:
        return Waves(why=(("qrs", "no-onset"), ("p", "no-onset"), ("t", "no-onset")))
    found_t = _t_wave(typical, qrs, rr_ms, short_rr_ms)
    before = found_t[1] - int(rr_ms * MS) if found_t else 0
    found_p = _p_wave(typical, qrs, before)
    why = [] if found_t else [("t", "no-t-wave")]
    why += [] if found_p else [("p", "no-p-wave")]
    return Waves(qrs, found_p, found_t[1] if found_t else None, found_t, tuple(why))


def _qrs(typical: Typical) -> tuple[int, int] | None:
    """Go outwards from the steepest place until the slope stays small for 12 ms."""
    slope = _speed(gaussian_filter1d(typical.beat, QRS_SMOOTH_MS * MS, axis=1))
    reach = int(60 * MS)
    top = typical.anchor - reach + int(slope[typical.anchor - reach : typical.anchor + reach].argmax())
    steep = float(np.percentile(slope[top - reach : top + reach], STEEP_PERCENTILE))
    quiet_before = _floor(slope, top - int(QRS_REACH_MS[0] * MS), top)
    quiet_after = _floor(slope, top, top + int(QRS_REACH_MS[1] * MS))
    onset = _quiet(slope, top, -1, quiet_before + QRS_SHARE[0] * (steep - quiet_before))
    offset = _quiet(slope, top, 1, quiet_after + QRS_SHARE[1] * (steep - quiet_after))
    return None if onset is None or offset is None else (onset, offset)


def _quiet(slope: NDArray[np.float64], top: int, step: int, level: float) -> int | None:
    """Return where the slope falls below `level` for good: for 12 ms, and no second part of the complex
    follows."""
    need, run = int(QUIET_MS * MS), 0
    reach = int(QRS_REACH_MS[0 if step < 0 else 1] * MS)
    for distance in range(1, reach + need):
        at = top + step * distance
        if not 0 <= at < len(slope):
            return None
        run = run + 1 if slope[at] < level else 0
        if run >= need:
            low, high = sorted((at, at + step * int(SECOND_PART_MS * MS)))
            if slope[max(0, low) : high + 1].max() < SECOND_PART_SHARE * slope[top]:
                return at - step * (run - 1)
    return None


def _t_wave(
    typical: Typical, qrs: tuple[int, int], rr_ms: float, short_rr_ms: float
) -> tuple[int, int] | None:
    """Return T peak and T end: the tangent at the steepest fall of the main direction of ST-T meets the
    baseline."""
    beat = gaussian_filter1d(typical.beat, SLOW_SMOOTH_MS * MS, axis=1)
    start = qrs[1] + int(T_FROM_MS * MS)
    latest = min(T_TO_MS, max(T_LATEST_SHARE * short_rr_ms, T_MEAN_SHARE * rr_ms))
    stop = min(qrs[0] + int(latest * MS), beat.shape[1] - 2)
    if stop - start < int(80 * MS):
        return None
    level = beat[:, max(0, qrs[0] - int(16 * MS)) : qrs[0]].mean(axis=1, keepdims=True)
    (wave,) = _directions(beat - level, start, stop)
    peak = start + int(wave[start:stop].argmax())
    if wave[peak] < T_SMALLEST_UV or peak >= stop - 3:
        return None
    fall = np.gradient(wave)
    last = min(peak + int(160 * MS), stop + int(60 * MS), len(wave) - 1)
    steepest = peak + int(fall[peak:last].argmin())
    base = float(wave[steepest : min(steepest + int(140 * MS), len(wave))].min())
    base = max(base, -0.3 * wave[peak])
    if fall[steepest] >= 0:
        return None
    end = steepest + (base - wave[steepest]) / fall[steepest]
    return (peak, int(round(end))) if end < beat.shape[1] else None


def _p_wave(typical: Typical, qrs: tuple[int, int], earliest: int) -> tuple[int, int] | None:
    """Return P onset and offset, when there is a wave before the complex that repeats from beat to beat.

    `earliest` is where the T wave before may still be seen.
    """
    beat = gaussian_filter1d(typical.beat, SLOW_SMOOTH_MS * MS / 2, axis=1)
    start = max(0, earliest, qrs[0] - int(P_REACH_MS[0] * MS))
    stop = qrs[0] - int(P_REACH_MS[1] * MS)
    if stop - start < int(60 * MS):
        return None
    level = beat[:, qrs[0] - int(10 * MS) : qrs[0]].mean(axis=1, keepdims=True)
    limbs = [_limb(wave, start, stop, qrs[0]) for wave in _directions(beat - level, start, qrs[0], 2)]
    first, second = limbs
    if first.height < P_SMALLEST_UV or not _repeats(typical.stack, first.peak):
        return None
    onset, offset = first.onset, first.offset
    near = abs(second.peak - first.peak) < int(50 * MS)
    if near and second.height > P_SECOND_SHARE * first.height:  # one half of the atria after the other
        onset, offset = min(onset, second.onset), max(offset, second.offset)
    return (onset, offset) if offset - onset >= int(30 * MS) else None


@dataclass(frozen=True)
class _Limb:
    peak: int
    height: float
    onset: int
    offset: int


def _limb(wave: NDArray[np.float64], start: int, stop: int, end: int) -> _Limb:
    """Measure one direction of a P wave above the straight line from `start` to `end`."""
    wave = wave - np.interp(np.arange(len(wave)), [start, end], [wave[start], wave[end]])
    peak = start + int(wave[start:stop].argmax())
    height = float(wave[peak])
    slope = np.abs(np.gradient(uniform_filter1d(wave, int(6 * MS))))
    steep = float(slope[max(start, peak - int(70 * MS)) : min(end, peak + int(70 * MS))].max())
    onset = _foot(wave, slope, peak, -1, (start, height, steep))
    return _Limb(peak, height, onset, _foot(wave, slope, peak, 1, (end, height, steep)))


def _foot(
    wave: NDArray[np.float64],
    slope: NDArray[np.float64],
    peak: int,
    step: int,
    bounds: tuple[int, float, float],
) -> int:
    """Go from the peak down to where the wave is low and no longer falls."""
    limit, height, steep = bounds
    at = peak
    while at != limit:
        at += step
        if wave[at] < 0.3 * height and slope[at] < P_SHARE * steep or wave[at] < 0.05 * height:
            return at
    return at


def _repeats(stack: NDArray[np.float64], peak: int) -> bool:
    """Return whether the single beats show the same P wave: in atrial fibrillation they do not."""
    half = int(60 * MS)
    low, high = max(0, peak - half), peak + half
    parts = stack[:, :, low:high] - stack[:, :, low:high].mean(axis=2, keepdims=True)
    model = np.median(parts, axis=0).ravel()
    flat = parts.reshape(len(parts), -1)
    lengths = np.linalg.norm(flat, axis=1) * np.linalg.norm(model)
    alike = flat @ model / np.maximum(lengths, 1e-9)
    return float(np.median(alike)) >= P_ALIKE


def _directions(
    beat: NDArray[np.float64], start: int, stop: int, count: int = 1
) -> list[NDArray[np.float64]]:
    """Return the beat seen along the `count` directions [leads] in which it moves most between start and
    stop."""
    part = beat[:, start:stop]
    directions, _, _ = np.linalg.svd(part - part.mean(axis=1, keepdims=True), full_matrices=False)
    waves = [directions[:, index] @ beat for index in range(count)]
    return [w if w[start:stop].max() >= -w[start:stop].min() else -w for w in waves]


def _speed(beat: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sqrt((np.gradient(beat, axis=1) ** 2).sum(axis=0))


def _floor(slope: NDArray[np.float64], low: int, high: int) -> float:
    return float(np.percentile(slope[max(0, low) : high], 10))
