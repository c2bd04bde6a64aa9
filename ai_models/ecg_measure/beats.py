"""Where the hearts beats are: peaks of the slopes of all leads together (after Pan and Tompkins, 1985)."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks

from ai_models.ecg_filter import filtered

RATE_HZ = 500.0
BAND_HZ = (5.0, 25.0)  # most of a QRS complex, little of P, T and muscle
SMOOTH_MS = 80.0
REFRACTORY_MS = 240.0  # no ventricle beats faster than 250 a minute for long
SHARE_OF_TYPICAL = 0.25
TYPICAL_SPAN_S = 2.0


def find_beats(leads: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return sample numbers of the QRS complexes in µV [leads, samples] at 500 Hz, in order of time."""
    band = filtered(leads, BAND_HZ, "bandpass", RATE_HZ)
    energy = np.sqrt((np.gradient(band, axis=1) ** 2).sum(axis=0))
    smooth = uniform_filter1d(energy, int(SMOOTH_MS * RATE_HZ / 1000))
    level = SHARE_OF_TYPICAL * _typical_height(smooth)
    if not level > 0:
        return np.zeros(0, dtype=np.int64)
    peaks, _ = find_peaks(smooth, height=level, distance=int(REFRACTORY_MS * RATE_HZ / 1000))
    return peaks.astype(np.int64)


def _typical_height(energy: NDArray[np.float64]) -> float:
    """Return the median over spans of 2 s of the highest value: one artefact does not raise it."""
    span = int(TYPICAL_SPAN_S * RATE_HZ)
    heights = [
        energy[at : at + span].max() for at in range(0, len(energy), span) if len(energy) - at >= span // 2
    ]
    return float(np.median(heights)) if heights else 0.0
