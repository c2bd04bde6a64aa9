"""From heat map and distances to boxes: local maxima, then the weaker of two that overlap is dropped."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

STRIDE = 8
MOST_PEAKS = 100
OVERLAP = 0.4
LOWEST = 0.002


def both_ways(outputs: list[NDArray[np.float32]]) -> tuple[float, NDArray[np.float32], NDArray[np.float32]]:
    """Return picture logit, heat [h, w] and distances [4, h, w]: the mean of a picture and its mirror image.

    `outputs` are picture [2], heat [2, h, w] and distances [2, 4, h, w]; row 1 belongs to the mirror image,
    where left and right change places.
    """
    picture, heat, distances = outputs
    back = distances[1][[2, 1, 0, 3], :, ::-1]
    return float(picture.mean()), (heat[0] + heat[1][:, ::-1]) / 2, np.sqrt(distances[0] * back)


def decode(heat: NDArray[np.float32], distances: NDArray[np.float32]) -> tuple[NDArray, NDArray]:
    """Return boxes [k, 4] in pixels of the network's input and their probabilities [k], highest first.

    `heat` holds logits [h, w]; `distances` pixels [4, h, w] from the cell's centre to left, top, right,
    bottom.
    """
    chance = 1 / (1 + np.exp(-heat.astype(np.float64)))
    peaks = (chance == maximum_filter(chance, size=3)) & (chance >= LOWEST)
    rows, columns = np.nonzero(peaks)
    order = np.argsort(-chance[rows, columns], kind="stable")[:MOST_PEAKS]
    rows, columns = rows[order], columns[order]
    across, down = (columns + 0.5) * STRIDE, (rows + 0.5) * STRIDE
    left, top, right, bottom = distances[:, rows, columns].astype(np.float64)
    boxes = np.stack([across - left, down - top, across + right, down + bottom], axis=1).reshape(-1, 4)
    kept = suppressed(boxes)
    return boxes[kept], chance[rows, columns][kept]


def suppressed(boxes: NDArray) -> list[int]:
    """Return the rows of boxes (best first) that overlap no better one by more than `OVERLAP`."""
    kept: list[int] = []
    for index in range(len(boxes)):
        if all(overlap(boxes[index], boxes[other]) <= OVERLAP for other in kept):
            kept.append(index)
    return kept


def overlap(one: NDArray, other: NDArray) -> float:
    """Return intersection over union of two boxes x0 y0 x1 y1."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0.0) * max(height, 0.0)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return float(shared / (areas - shared)) if areas > shared else 0.0
