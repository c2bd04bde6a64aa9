"""Plain figures of what a model was shown: they drift when a machine, its settings or its patients change."""

import numpy as np

from ai_models.scope.grey import grey_of
from ai_models.subjects import Picture, Subject

SAMPLE = 256


def input_figures(subject: Subject) -> dict[str, float]:
    """Return figures of one subject; none where they cannot be worked out.

    A picture: brightness and contrast (mean and standard deviation, 0–255), long_side in pixels. An ECG:
    amplitude (µV between the 1st and the 99th percentile, all leads), rate_hz, seconds.
    """
    try:
        return _of_picture(subject) if isinstance(subject, Picture) else _of_ecg(subject)
    except Exception:  # a figure is never worth a reading
        return {}


def _of_picture(picture: Picture) -> dict[str, float]:
    grey = grey_of(picture.pixels)
    step = max(1, min(grey.shape) // SAMPLE)
    some = grey[::step, ::step]
    return {
        "brightness": round(float(some.mean()), 2), "contrast": round(float(some.std()), 2),
        "long_side": float(max(grey.shape)),
    }  # fmt: skip


def _of_ecg(record: Subject) -> dict[str, float]:
    signal = np.asarray(record.microvolts)  # type: ignore[union-attr]
    low, high = np.nanpercentile(signal[:, :: max(1, signal.shape[1] // 1000)], [1, 99])
    return {
        "amplitude": round(float(high - low), 1), "rate_hz": float(record.rate_hz),  # type: ignore[union-attr]
        "seconds": round(record.duration_ms / 1000.0, 2),  # type: ignore[union-attr]
    }  # fmt: skip
