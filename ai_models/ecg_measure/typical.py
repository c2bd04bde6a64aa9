"""The typical beat: the most common kind of complex, aligned and taken as a median over its repeats."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ai_models.ecg_measure.beats import RATE_HZ

BEFORE_MS = 400.0
AFTER_MS = 640.0
LARGEST_SHIFT_MS = 40.0
ALIKE = 0.85  # correlation of the complexes of two beats of one kind
COMPLEX_MS = 120.0


@dataclass(frozen=True)
class Typical:
    """`beat` µV [leads, samples] at 500 Hz; `anchor` the sample of its complex; `stack` the beats [n,
    leads, samples]."""

    beat: NDArray[np.float64]
    anchor: int
    stack: NDArray[np.float64]


def typical_beat(leads: NDArray[np.float64], peaks: NDArray[np.int64]) -> Typical | None:
    """Return the typical beat of µV [leads, samples] with complexes at `peaks`; None when fewer than two
    are whole."""
    before, after = _samples(BEFORE_MS), _samples(AFTER_MS)
    margin = _samples(LARGEST_SHIFT_MS)
    whole = [p for p in peaks if p - before - margin >= 0 and p + after + margin < leads.shape[1]]
    if len(whole) < 2:
        return None
    chosen = _commonest(leads, np.array(whole))
    placed = _aligned(leads, chosen)
    stack = np.stack([leads[:, p - before : p + after] for p in placed])
    return Typical(np.median(stack, axis=0), before, stack)


def _commonest(leads: NDArray[np.float64], peaks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the peaks of the kind of beat that most others resemble."""
    half = _samples(COMPLEX_MS) // 2
    shapes = np.stack([_centred(leads[:, p - half : p + half]) for p in peaks])
    alike = shapes @ shapes.T >= ALIKE
    return peaks[alike[int(alike.sum(axis=1).argmax())]]


def _aligned(leads: NDArray[np.float64], peaks: NDArray[np.int64]) -> list[int]:
    """Shift each peak to where its complex fits the median complex best, twice."""
    half, reach = _samples(COMPLEX_MS) // 2, _samples(LARGEST_SHIFT_MS)
    wide = np.stack([leads[:, p - reach - half : p + reach + half] for p in peaks])
    shapes = sliding_window_view(wide, 2 * half, axis=2)  # [beats, leads, shifts, samples]
    lengths = np.sqrt((shapes.var(axis=3) * 2 * half).sum(axis=1))
    shifts = np.full(len(peaks), reach)
    for _ in range(2):
        model = _centred(np.median(shapes[np.arange(len(peaks)), :, shifts], axis=0))
        likeness = np.einsum("nlsw,lw->ns", shapes, model.reshape(len(leads), -1))
        fits = np.divide(likeness, lengths, out=np.zeros_like(likeness), where=lengths > 0)
        shifts = fits.argmax(axis=1)
    return [int(p) for p in peaks + shifts - reach]


def _centred(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return one unit vector of all leads, each with its mean removed."""
    flat = (shape - shape.mean(axis=1, keepdims=True)).ravel()
    length = float(np.linalg.norm(flat))
    return flat / length if length else flat


def _samples(milliseconds: float) -> int:
    return int(round(milliseconds * RATE_HZ / 1000))
