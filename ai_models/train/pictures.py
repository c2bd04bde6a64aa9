"""Grey pictures out of folders and zip shards, and the ways in which they are varied for training."""

import io
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional


class Shards:
    """Files by name out of the zip shards of one folder, each opened once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open: dict[str, ZipFile] = {}

    def read(self, shard: str, name: str) -> bytes:
        """Return the bytes of `name` in `shard`."""
        if shard not in self.open:
            self.open[shard] = ZipFile(self.folder / shard)
        return self.open[shard].read(name)


def grey(data: bytes | Path) -> NDArray[np.uint8]:
    """Return an image file as 8-bit grey [rows, columns]."""
    with Image.open(io.BytesIO(data) if isinstance(data, bytes) else data) as image:
        return np.asarray(image.convert("L"))


def squashed(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return the picture as a square, aspect ratio not kept, bilinear with Pillow's reducing filter."""
    if pixels.shape == (side, side):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BILINEAR))


def normalised(pixels: Tensor) -> Tensor:
    """Return 8-bit values as the backbone wants them, (value − 127) / 128."""
    return (pixels.float() - 127.0) / 128.0


def moved(pixels: Tensor, side: int, turn: float = 0.2, zoom: float = 0.2) -> Tensor:
    """Return [n, 1, side, side] from float pixels 0–255, each turned, zoomed, stretched, shifted,
    mirrored."""
    n = len(pixels)
    angle = turn * (2 * torch.rand(n) - 1)
    scale = 1 + zoom * (2 * torch.rand(n, 2) - 1)
    mirror = torch.where(torch.rand(n) < 0.5, -1.0, 1.0)
    shift = 0.12 * (2 * torch.rand(n, 2) - 1)
    matrix = torch.stack(
        [
            torch.stack([mirror * scale[:, 0] * angle.cos(), -scale[:, 1] * angle.sin(), shift[:, 0]], 1),
            torch.stack([mirror * scale[:, 0] * angle.sin(), scale[:, 1] * angle.cos(), shift[:, 1]], 1),
        ],
        1,
    )
    grid = functional.affine_grid(matrix, [n, 1, side, side], align_corners=False)
    return functional.grid_sample(pixels, grid, align_corners=False)


def relit(pixels: Tensor, strength: float = 1.0) -> Tensor:
    """Return float pixels 0–255 with gamma, contrast, brightness, blur, noise and erased edges varied."""
    n = len(pixels)
    level = (pixels / 255.0).clamp(0, 1)
    level = level ** torch.exp(0.5 * strength * torch.randn(n, 1, 1, 1)).clamp(0.4, 2.5)
    mean = level.mean((2, 3), keepdim=True)
    level = mean + (level - mean) * (1 + strength * torch.empty(n, 1, 1, 1).uniform_(-0.5, 0.5))
    level = level + 0.12 * strength * torch.randn(n, 1, 1, 1)
    blurred = functional.avg_pool2d(level, 3, 1, 1)
    share = strength * (torch.rand(n, 1, 1, 1) * (torch.rand(n, 1, 1, 1) < 0.5) * 1.6 - 0.3)
    level = level + share * (blurred - level)
    level = level + 0.04 * strength**2 * torch.rand(n, 1, 1, 1) * torch.randn_like(level)
    return _edges_erased(level.clamp(0, 1)) * 255.0


def _edges_erased(level: Tensor) -> Tensor:
    """Black or white out one edge of some pictures: collimators, labels and text are no finding."""
    side = level.shape[-1]
    for picture in level:
        if torch.rand(()) < 0.3:
            depth = int(side * 0.12 * torch.rand(()))
            strip = picture if torch.rand(()) < 0.5 else picture.transpose(-1, -2)
            value = float(torch.rand(()) < 0.2)
            (strip[..., :depth, :] if torch.rand(()) < 0.5 else strip[..., side - depth :, :]).fill_(value)
    return level
