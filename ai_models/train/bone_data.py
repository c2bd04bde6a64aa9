"""The fracture pack in memory, and seeded crops of it with their boxes."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ai_models.train.pictures import grey

CANVAS = 454  # the pack's long side
CROP = 256
#: Blocks of neighbouring numbers whose full-size originals may be shown in a demo: never trained on.
LEFT_OUT = frozenset({"blk000", "blk003", "blk006"})
KEPT_SHARE = 0.5  # a box cut by the crop's edge stays when at least so much of it is left


@dataclass(frozen=True)
class Moves:
    """How far crops are moved: natural logarithm of the scale from and to, radians of turn either way, chance
    of a mirror image left-right and upside down."""

    log_scales: tuple[float, float]
    turn: float
    mirrors: tuple[float, float]


@dataclass(frozen=True)
class BoneSet:
    """`pixels` uint8 [n, 454, 454], picture at the top left; `boxes` [k, 4] per picture; the pack's rows."""

    pixels: NDArray[np.uint8]
    boxes: list[NDArray[np.float32]]
    rows: list[dict[str, str]]

    @property
    def labels(self) -> NDArray[np.float32]:
        """Return 1 where the picture shows a fracture."""
        return np.array([row["fractured"] == "1" for row in self.rows], np.float32)

    def column(self, name: str) -> NDArray:
        """Return one column of the pack's table."""
        return np.array([row[name] for row in self.rows])


@dataclass(frozen=True)
class Crops:
    """A batch: float pixels 0–255 [n, 1, crop, crop] and the boxes [k, 4] left in each."""

    pixels: Tensor
    boxes: list[NDArray[np.float32]]


def load_bone(folder: Path, split: str, left_out: frozenset[str] = frozenset()) -> BoneSet:
    """Read one split: train, val or devtest, without the blocks `left_out`."""
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["split"] == split and r["group"] not in left_out]
    pixels = np.zeros((len(rows), CANVAS, CANVAS), np.uint8)
    for canvas, row in zip(pixels, rows, strict=True):
        picture = grey(folder / row["file"])
        canvas[: picture.shape[0], : picture.shape[1]] = picture
    return BoneSet(pixels, [_boxes(row["boxes_xyxy"]) for row in rows], rows)


def epoch_order(data: BoneSet, seed: int) -> NDArray[np.int64]:
    """Return the rows of one epoch: every fractured picture twice and as many without."""
    generator = np.random.default_rng(seed)
    broken, whole = np.flatnonzero(data.labels > 0.5), np.flatnonzero(data.labels < 0.5)
    chosen = [broken, broken, generator.choice(whole, min(2 * len(broken), len(whole)), replace=False)]
    return generator.permutation(np.concatenate(chosen))


def crops(data: BoneSet, rows: NDArray, generator: np.random.Generator, moves: Moves) -> Crops:
    """Return one turned, zoomed, mirrored crop per row; a fractured picture is cropped about one of its
    boxes."""
    matrices, boxes = [], []
    for row in rows:
        matrix, centre = _pose(data, int(row), generator, moves)
        matrices.append(np.concatenate([matrix, (centre - CANVAS / 2)[:, None]], 1) / (CANVAS / 2))
        boxes.append(_moved_boxes(data.boxes[row], matrix, centre))
    grid = functional.affine_grid(
        torch.from_numpy(np.stack(matrices)).float(), [len(rows), 1, CROP, CROP], align_corners=False
    )
    pixels = torch.from_numpy(data.pixels[rows]).float().unsqueeze(1)
    return Crops(functional.grid_sample(pixels, grid, align_corners=False), boxes)


def _pose(data: BoneSet, row: int, generator: np.random.Generator, moves: Moves) -> tuple[NDArray, NDArray]:
    """Return the matrix from the crop's −1…1 to pixels of the canvas, and the crop's centre there."""
    scale, angle = np.exp(generator.uniform(*moves.log_scales)), generator.uniform(-moves.turn, moves.turn)
    flip = np.where(generator.random(2) < moves.mirrors, -1.0, 1.0)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn * flip * (CROP / 2 / scale)
    width, height = int(data.rows[row]["width"]), int(data.rows[row]["height"])
    centre = generator.uniform(0.2, 0.8, 2) * (width, height)
    if len(data.boxes[row]):
        box = data.boxes[row][generator.integers(len(data.boxes[row]))]
        centre = (box[:2] + box[2:]) / 2 + generator.uniform(-0.35, 0.35, 2) * CROP / scale
    return matrix, centre


def _moved_boxes(boxes: NDArray, matrix: NDArray, centre: NDArray) -> NDArray[np.float32]:
    if not len(boxes):
        return np.zeros((0, 4), np.float32)
    corners = boxes[:, [[0, 1], [2, 1], [0, 3], [2, 3]]] - centre
    placed = (corners @ np.linalg.inv(matrix).T + 1) * CROP / 2
    whole = np.concatenate([placed.min(1), placed.max(1)], 1)
    cut = whole.clip(0, CROP)
    share = _area(cut) / np.maximum(_area(whole), 1e-6)
    return cut[share >= KEPT_SHARE].astype(np.float32)


def _area(boxes: NDArray) -> NDArray:
    return np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)


def _boxes(text: str) -> NDArray[np.float32]:
    found = [[float(value) for value in part.split()] for part in text.split(";") if part.strip()]
    return np.array(found, np.float32).reshape(-1, 4)
