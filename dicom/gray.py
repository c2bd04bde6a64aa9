"""From stored grey values to what is seen: Modality LUT, VOI, polarity and padding (PS3.4 N.2)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from dicom.lut import first_lut

Values = np.ndarray
#: Where neither window nor VOI LUT is given, this share of the pixels is cut at either end.
TAIL_PERCENT = 0.5
#: Percentiles are taken over about this many pixels.
SAMPLED_PIXELS = 500_000


@dataclass(frozen=True)
class Stored:
    """How a grey value lies in its word."""

    allocated: int
    stored: int
    signed: bool

    def values(self, words: Values) -> Values:
        """Return the numbers that unsigned `words` stand for, without what lies above BitsStored."""
        kept = words.astype(np.int64) & ((1 << self.stored) - 1)
        return np.where(kept >> (self.stored - 1), kept - (1 << self.stored), kept) if self.signed else kept


def gray_picture(samples: Values, dataset: Dataset, frame: int, window: tuple[float, float] | None) -> Values:
    """Return uint8 [rows, columns] as it is seen; `window` (centre, width) stands before the object's own."""
    stored = _stored(dataset, samples)
    if stored is None:
        return _seen(samples, samples, dataset, frame, window)
    words = samples.view(f"{samples.dtype.byteorder}u{samples.itemsize}".replace("|", ""))
    if samples.itemsize > 2:
        return _seen(stored.values(words), samples, dataset, frame, window)
    step = max(1, int((samples.size / SAMPLED_PIXELS) ** 0.5))
    some = stored.values(np.ascontiguousarray(words[::step, ::step]))
    every_word = np.arange(1 << (8 * samples.itemsize), dtype=np.int64)
    table = _seen(stored.values(every_word), some, dataset, frame, window)
    # Every word has its entry: looking for those that have none would take as long again.
    return np.take(table, words, mode="clip")


def _stored(dataset: Dataset, samples: Values) -> Stored | None:
    if samples.dtype.kind == "f":
        return None
    allocated = 8 * samples.itemsize
    bits = int(dataset.get("BitsStored") or allocated)
    return Stored(allocated, min(max(bits, 1), allocated), int(dataset.get("PixelRepresentation") or 0) == 1)


def _seen(
    stored: Values, some: Values, dataset: Dataset, frame: int, window: tuple[float, float] | None
) -> Values:
    """Return `stored` as uint8; `some` are stored values of the picture itself, to find its range by."""
    modality = _modality(dataset, frame)
    padding = _padding(dataset, stored)
    shares = _voi(dataset, frame, window, _range_finder(dataset, some, modality))(modality(stored))
    if _inverse(dataset):
        shares = 1.0 - shares
    seen = np.rint(np.clip(np.nan_to_num(shares), 0.0, 1.0) * 255.0).astype(np.uint8)
    if padding is not None:
        seen[padding] = 0
    return seen


def _modality(dataset: Dataset, frame: int) -> Callable[[Values], Values]:
    """Modality LUT or rescale (PS3.3 C.11.1), of the frame where it has its own."""
    table = first_lut(dataset.get("ModalityLUTSequence"))
    if table is not None:
        return table.entries
    source = _of_frame(dataset, frame, "PixelValueTransformationSequence")
    slope = _number(source.get("RescaleSlope")) or 1.0
    intercept = _number(source.get("RescaleIntercept")) or 0.0
    return lambda stored: stored * slope + intercept


def _voi(
    dataset: Dataset,
    frame: int,
    window: tuple[float, float] | None,
    limits: Callable[[], tuple[float, float]],
) -> Callable[[Values], Values]:
    """VOI LUT before window before the picture's own range (PS3.3 C.11.2); shares of full white."""
    source = _of_frame(dataset, frame, "FrameVOILUTSequence")
    table = first_lut(source.get("VOILUTSequence"))
    if table is not None and window is None:
        return table.shares
    chosen = window or _window(source)
    if chosen is None:
        low, high = limits()
        return lambda x: (x - low) / max(high - low, 1e-9)
    centre, width = chosen
    function = str(source.get("VOILUTFunction") or "LINEAR")
    if function == "SIGMOID":  # PS3.3 C.11.2.1.3.1
        return lambda x: 1.0 / (1.0 + np.exp(np.clip(-4.0 * (x - centre) / width, -50, 50)))
    if function == "LINEAR_EXACT":  # PS3.3 C.11.2.1.3.2
        return lambda x: (x - centre) / width + 0.5
    return lambda x: (x - (centre - 0.5)) / max(width - 1.0, 1e-9) + 0.5  # PS3.3 C.11.2.1.2.1


def _window(source: Dataset) -> tuple[float, float] | None:
    centre, width = _number(source.get("WindowCenter")), _number(source.get("WindowWidth"))
    return (centre, width) if centre is not None and width is not None and width > 0 else None


def _range_finder(
    dataset: Dataset, some: Values, modality: Callable[[Values], Values]
) -> Callable[[], tuple[float, float]]:
    """Bytes without a window are shown as they are; more bits between the tails of their histogram."""

    def limits() -> tuple[float, float]:
        bits = int(dataset.get("BitsStored") or 16)
        if some.dtype.kind != "f" and bits <= 8:
            low = -(1 << (bits - 1)) if int(dataset.get("PixelRepresentation") or 0) else 0
            ends = modality(np.array([low, low + (1 << bits) - 1], dtype=np.float64))
            return float(ends.min()), float(ends.max())
        padding = _padding(dataset, some)
        counted = modality(some if padding is None or padding.all() else some[~padding])
        finite = counted[np.isfinite(counted)]
        if not finite.size:
            return 0.0, 1.0
        low_value, high_value = np.percentile(finite, [TAIL_PERCENT, 100.0 - TAIL_PERCENT])
        return float(low_value), float(high_value)

    return limits


def _inverse(dataset: Dataset) -> bool:
    """MONOCHROME1 and PresentationLUTShape INVERSE say the same thing (PS3.3 C.8.11.3.1.2)."""
    shape = str(dataset.get("PresentationLUTShape") or "")
    return shape == "INVERSE" or str(dataset.get("PhotometricInterpretation")) == "MONOCHROME1"


def _padding(dataset: Dataset, stored: Values) -> Values | None:
    """Which of the stored values are padding (PS3.3 C.7.5.1.1.2): background, shown black."""
    first = dataset.get("PixelPaddingValue")
    if not isinstance(first, int):
        return None
    last = dataset.get("PixelPaddingRangeLimit")
    ends = sorted(_as_stored(dataset, end) for end in (first, last if isinstance(last, int) else first))
    return (stored >= ends[0]) & (stored <= ends[1])


def _as_stored(dataset: Dataset, value: int) -> int:
    """A padding value read with the other sign than the pixels have."""
    bits = int(dataset.get("BitsAllocated") or 16)
    signed = int(dataset.get("PixelRepresentation") or 0) == 1
    wrapped = value & ((1 << bits) - 1)
    return wrapped - (1 << bits) if signed and wrapped >> (bits - 1) else wrapped


def _of_frame(dataset: Dataset, frame: int, macro: str) -> Dataset:
    """Where the frame's own values stand in an enhanced object, else the object itself."""
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence") or []
    shared = dataset.get("SharedFunctionalGroupsSequence") or []
    for groups in (per_frame[frame : frame + 1], shared[:1]):
        if groups and groups[0].get(macro):
            return groups[0][macro].value[0]
    return dataset


def _number(value: object) -> float | None:
    """The first of one or several numbers; None for what is none."""
    first = value[0] if isinstance(value, list | tuple) or hasattr(value, "append") else value  # type: ignore[index]
    try:
        number = float(first)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None
