"""Other rooms, as far as they can be had: val children lit, framed and coded otherwise, to choose a threshold
that carries over."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from ai_models.train.pictures import moved, relit

SIDE = 224
GRID = np.round(np.arange(0.02, 0.985, 0.01), 2)
Pixels = NDArray[np.uint8]


def shifted(pixels: Pixels, seed: int = 99) -> dict[str, Pixels]:
    """Return the pictures [n, 224, 224] as they are and under each named change."""
    torch.manual_seed(seed)
    changes: dict[str, Callable[[Image.Image], Image.Image]] = {
        "darker": lambda image: image.point(lambda value: 255 * (value / 255) ** 1.6),
        "brighter": lambda image: image.point(lambda value: 255 * (value / 255) ** 0.6),
        "flat contrast": lambda image: image.point(lambda value: 70 + value * 0.45),
        "equalised": ImageOps.equalize,
        "stretched grey": lambda image: ImageOps.autocontrast(image, cutoff=2),
        "half resolution": lambda image: image.resize((112, 112)).resize((SIDE, SIDE)),
        "sharpened": lambda image: image.filter(ImageFilter.UnsharpMask(3, 150)),
        "closer": lambda image: image.crop((16, 16, 208, 208)).resize((SIDE, SIDE)),
        "farther": lambda image: ImageOps.expand(image, 20).resize((SIDE, SIDE)),
        "coarse JPEG": _coarse,
    }
    made = {"as they are": pixels}
    made |= {name: _each(pixels, change) for name, change in changes.items()}
    return made | {f"lit and moved {turn}": _lit(pixels) for turn in (1, 2)}


def balanced(truth: NDArray, score: NDArray) -> NDArray[np.float64]:
    """Return the mean of sensitivity and specificity at each threshold of GRID."""
    ill = truth > 0.5
    return np.array([((score[ill] >= t).mean() + (score[~ill] < t).mean()) / 2 for t in GRID])


def robust_threshold(truth: NDArray, scores: dict[str, NDArray]) -> float:
    """Return the threshold that is best where it is worst: over the worst third of the changes."""
    curves = np.sort(np.array([balanced(truth, score) for score in scores.values()]), axis=0)
    worst = curves[: max(1, len(curves) // 3)].mean(0)
    return float(np.round(np.median(GRID[worst >= worst.max() - 0.002]), 2))


def _each(pixels: Pixels, change: Callable[[Image.Image], Image.Image]) -> Pixels:
    return np.stack([np.asarray(change(Image.fromarray(picture)).convert("L")) for picture in pixels])


def _coarse(image: Image.Image) -> Image.Image:
    stream = BytesIO()
    image.save(stream, "JPEG", quality=25)
    return Image.open(stream)


def _lit(pixels: Pixels) -> Pixels:
    parts = [
        relit(moved(torch.from_numpy(pixels[at : at + 64]).float().unsqueeze(1), SIDE))
        for at in range(0, len(pixels), 64)
    ]
    return torch.cat(parts)[:, 0].round().clamp(0, 255).to(torch.uint8).numpy()
