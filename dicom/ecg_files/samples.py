"""Samples as a DICOM ECG may hold them: 200 to 1000 Hz, 16 bits, as fine as they fit."""

from dataclasses import dataclass

import numpy as np

from hub.domain.subject import EcgRecord

#: PS3.3 A.34.3.4.3 and A.34.4.4.3.
LOWEST_HZ, HIGHEST_HZ = 200.0, 1000.0
PADDING = -32768
#: Steps that keep what devices write (1, 1.25, 2.5, 4.88, 5 µV) within half a step.
STEPS_UV = (0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Stored:
    """`values` int16 [lead, sample] of `step_uv` µV at `rate_hz`; `untouched` when no rate was changed."""

    values: np.ndarray
    rate_hz: float
    step_uv: float
    untouched: bool
    padding: int = PADDING


def stored_samples(record: EcgRecord) -> Stored:
    """Return the record's samples for a DICOM object; missing ones become the padding value."""
    samples = np.asarray(record.microvolts, dtype=np.float64)
    rate, up, down = record.rate_hz, 1, 1
    while rate * up < LOWEST_HZ:
        up += 1
    while rate / down > HIGHEST_HZ:
        down += 1
    if up > 1 or down > 1:
        samples = _resampled(samples, up, down)
    highest = float(np.nanmax(np.abs(samples)))
    step = next((one for one in STEPS_UV if highest < one * 32_000), STEPS_UV[-1])
    kept = np.clip(np.round(np.nan_to_num(samples) / step), PADDING + 1, -PADDING - 1)
    values = np.where(np.isfinite(samples), kept, PADDING).astype("<i2")
    return Stored(values, rate * up / down, step, up == down == 1)


def _resampled(samples: np.ndarray, up: int, down: int) -> np.ndarray:
    """Change the rate by a whole factor behind scipy's Kaiser filter; what is missing stays missing."""
    from scipy.signal import resample_poly  # half a second for every process that never meets such a rate

    missing = ~np.isfinite(samples)
    middle = np.nanmedian(samples, axis=1, keepdims=True)
    moved = resample_poly(np.where(missing, 0.0, samples - middle), up, down, axis=1) + middle
    gaps = np.repeat(missing, up, axis=1)[:, ::down][:, : moved.shape[1]]
    moved[:, : gaps.shape[1]][gaps] = np.nan
    return moved
