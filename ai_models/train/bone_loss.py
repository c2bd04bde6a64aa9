"""What the bone network is asked to make small: centre focal loss, box overlap, and the picture's own
answer."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ai_models.train.bone_net import STRIDE


def bone_loss(answer: tuple[Tensor, Tensor, Tensor], boxes: list[NDArray[np.float32]]) -> Tensor:
    """Return focal loss of the centres (Zhou et al., CenterNet) + 1 − GIoU of the boxes + cross entropy."""
    picture, heat, distances = (part.float() for part in answer)
    wanted, cells, sides = _targets(boxes, heat.shape[1], heat.shape[2])
    loss = _focal(heat, wanted)
    any_box = torch.tensor([float(len(found) > 0) for found in boxes])
    smooth = any_box * 0.95 + 0.025
    loss = loss + functional.binary_cross_entropy_with_logits(picture, smooth)
    if len(cells):
        given = distances[cells[:, 0], :, cells[:, 1], cells[:, 2]]
        loss = loss + (1 - _giou(given, sides)).mean()
    return loss


def _targets(boxes: list[NDArray[np.float32]], rows: int, columns: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return heat [n, rows, columns] with 1 at centres, the cells that answer for a box, and their sides."""
    heat = np.zeros((len(boxes), rows, columns), np.float32)
    cells, sides = [], []
    across, down = np.meshgrid((np.arange(columns) + 0.5) * STRIDE, (np.arange(rows) + 0.5) * STRIDE)
    for index, found in enumerate(boxes):
        for left, top, right, bottom in found:
            column = min(int((left + right) / 2 / STRIDE), columns - 1)
            row = min(int((top + bottom) / 2 / STRIDE), rows - 1)
            spread = np.maximum(np.array([right - left, bottom - top]) / 6, 0.5 * STRIDE)
            bump = np.exp(
                -(((across - across[row, column]) / spread[0]) ** 2) / 2
                - (((down - down[row, column]) / spread[1]) ** 2) / 2
            )
            heat[index] = np.maximum(heat[index], bump)
            for y, x in zip(*np.nonzero(bump > 0.6), strict=True):
                place = across[y, x], down[y, x]
                side = (place[0] - left, place[1] - top, right - place[0], bottom - place[1])
                if min(side) > 0:
                    cells.append((index, int(y), int(x)))
                    sides.append(side)
    return (
        torch.from_numpy(heat),
        torch.tensor(cells, dtype=torch.long).reshape(-1, 3),
        torch.tensor(np.array(sides, np.float32)).reshape(-1, 4),
    )


def _focal(logits: Tensor, wanted: Tensor) -> Tensor:
    chance = torch.sigmoid(logits)
    centre = (wanted > 0.999).float()
    hit = (1 - chance) ** 2 * functional.logsigmoid(logits) * centre
    miss = (1 - wanted) ** 4 * chance**2 * functional.logsigmoid(-logits) * (1 - centre)
    return -(hit.sum() + miss.sum()) / centre.sum().clamp(min=4.0)


def _giou(given: Tensor, wanted: Tensor) -> Tensor:
    """Generalised overlap of boxes that share the cell they are measured from."""
    inner = torch.minimum(given, wanted)
    outer = torch.maximum(given, wanted)
    shared = (inner[:, 0] + inner[:, 2]) * (inner[:, 1] + inner[:, 3])
    hull = (outer[:, 0] + outer[:, 2]) * (outer[:, 1] + outer[:, 3])
    areas = [(b[:, 0] + b[:, 2]) * (b[:, 1] + b[:, 3]) for b in (given, wanted)]
    union = areas[0] + areas[1] - shared
    return shared / union - (hull - union) / hull
