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
#: Letters on an even ground: of all blocks of 8 × 8, those half of one of the two commonest even values with
#: strokes far from it. One of 4,297 films of train and val has more; a viewer's window mostly .06 and more.
MOST_LETTERS = 0.05
BLOCK, MOST_BLOCKS = 8, 16_000
EVEN, STROKE, GROUND_SHARE = 2, 70, 0.4
LEAST_GROUND = 0.03


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
    if most > MOST_OF_ONE_VALUE:
        return "blank"
    return "out-of-scope:screenshot" if _letters(grey_of(pixels)) > MOST_LETTERS else ""


def _thinned(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    step = max(1, min(pixels.shape[:2]) // SAMPLE)
    return pixels[::step, ::step]


def _letters(grey: NDArray[np.uint8]) -> float:
    """Return the share of blocks with strokes on even ground; of a large picture only every so many rows."""
    rows, columns = (side // BLOCK for side in grey.shape)
    step = max(1, rows * columns // MOST_BLOCKS)
    blocks = grey[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)[::step]
    blocks = blocks.transpose(0, 2, 1, 3).reshape(-1, BLOCK * BLOCK)
    span = blocks.max(axis=1).astype(np.int16) - blocks.min(axis=1)
    grounds = np.bincount(blocks[span <= EVEN, 0], minlength=256)
    found = 0.0
    stroked = blocks[span >= STROKE].astype(np.int16)
    for value in np.argsort(-grounds)[:2]:
        if grounds[value] >= LEAST_GROUND * len(blocks):
            ground = (np.abs(stroked - value) <= EVEN + 1).mean(axis=1)
            found = max(found, float((ground >= GROUND_SHARE).sum() / len(blocks)))
    return found


def _colour(pixels: NDArray[np.uint8]) -> float:
    """Return the 99.5th percentile of the spread between the channels; a coloured label is enough."""
    spread = pixels.max(axis=2).astype(np.int16) - pixels.min(axis=2)
    return float(np.percentile(spread, 99.5))
