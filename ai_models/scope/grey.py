"""One grey channel out of shown pixels."""

import numpy as np
from numpy.typing import NDArray


def grey_of(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return uint8 [rows, columns]; of three equal channels, the first."""
    return np.ascontiguousarray(pixels if pixels.ndim == 2 else pixels[..., 0])
