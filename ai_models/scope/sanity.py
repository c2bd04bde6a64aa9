"""Whether pixels can be a radiograph at all: grey, large enough, not blank, not drawn."""

import numpy as np
from numpy.typing import NDArray

from ai_models.scope.grey import grey_of

SHORTEST_SIDE = 128
LARGEST_COLOUR = 12  # JPEG chroma of a grey film stays below this
FLATTEST = 8  # grey levels between the 1st and the 99th percentile
#: A film has noise everywhere; a captured screen or text page is one flat value over most of its surface.
MOST_OF_ONE_VALUE = 0.92
SAMPLE = 512


def refuse_pixels(pixels: NDArray[np.uint8]) -> str:
    """Return why these pixels are no film (a reason key), or ""."""
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.ndim not in (2, 3):
        return "not-pixels"
    if pixels.ndim == 3 and pixels.shape[2] != 3:
        return "not-pixels"
    if min(pixels.shape[:2]) < SHORTEST_SIDE:
        return "too-small"
    small = _thinned(pixels)
    if small.ndim == 3 and _colour(small) > LARGEST_COLOUR:
        return "out-of-scope:colour"
    grey = grey_of(small)
    low, high = np.percentile(grey, [1, 99])
    if high - low < FLATTEST:
        return "blank"
    most = np.bincount(grey.ravel(), minlength=256).max() / grey.size
    return "blank" if most > MOST_OF_ONE_VALUE else ""


def _thinned(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    step = max(1, min(pixels.shape[:2]) // SAMPLE)
    return pixels[::step, ::step]


def _colour(pixels: NDArray[np.uint8]) -> float:
    """Return the 99.5th percentile of the spread between the channels; a coloured label is enough."""
    spread = pixels.max(axis=2).astype(np.int16) - pixels.min(axis=2)
    return float(np.percentile(spread, 99.5))
