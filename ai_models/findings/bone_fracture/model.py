"""Fractures on films of limbs, hip and shoulder, with a box for each place."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ai_models.finding_model import Answer
from ai_models.findings.bone_fracture.boxes import both_ways, decode
from ai_models.scope.admit import BONE, refuse_picture
from ai_models.scope.grey import grey_of
from ai_models.subjects import Picture
from hub.domain.finding import Box, Finding

SIDE = 448
LOWEST_SHOWN = 0.01  # every candidate box down to this probability is given


def refuse(picture: Picture) -> str:
    """Return why the picture is no bone film to read, or ""."""
    return refuse_picture(picture, BONE)


def prepare(picture: Picture) -> NDArray[np.float32]:
    """Return float32 [2, 1, 448, 448], the picture and its mirror image: long side 448, picture at the top
    left, the rest black, (value − 127) / 128."""
    rows, columns = picture.pixels.shape[:2]
    scale = SIDE / max(rows, columns)
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    small = Image.fromarray(grey_of(picture.pixels)).resize(size, Image.Resampling.BILINEAR)
    canvas = np.zeros((SIDE, SIDE), np.float32)
    canvas[: size[1], : size[0]] = np.asarray(small, dtype=np.float32)
    canvas = (canvas - np.float32(127)) / np.float32(128)
    return np.stack([canvas, canvas[:, ::-1]])[:, None].astype(np.float32)


def interpret(outputs: list[NDArray[np.float32]], picture: Picture, settings: dict[str, Any]) -> Answer:
    """Return the picture's probability and its candidate boxes in pixels of the stored image."""
    logit, heat, distances = both_ways(outputs)
    found, chances = decode(heat, distances)
    probability = picture_probability(logit, float(heat.max()), settings)
    threshold = float(settings["threshold"])
    finding = Finding(
        code="fracture",
        label_zh="骨折",
        label_en="Fracture",
        probability=round(probability, 5),
        threshold=threshold,
        positive=probability >= threshold,
        boxes=_placed(found, box_probabilities(chances, logit, settings), picture.pixels.shape),
    )
    return Answer({"fracture": finding.probability}, (finding,))


def picture_probability(picture: float, heat: float, settings: dict[str, Any]) -> float:
    """Return the probability of a fracture from the picture's logit and the highest heat logit."""
    logit = settings["picture"] * picture + settings["heat"] * heat + settings["constant"]
    return float(1 / (1 + np.exp(-logit)))


def box_probabilities(chances: NDArray, picture: float, settings: dict[str, Any]) -> NDArray[np.float64]:
    """Return the probability that a box points at a fracture, from its heat 0–1 and the picture's logit."""
    heat = np.clip(chances, 1e-6, 1 - 1e-6)
    logit = settings["box_slope"] * np.log(heat / (1 - heat)) + settings["box_constant"]
    logit = logit + settings["box_picture"] * picture
    return np.asarray(1 / (1 + np.exp(-logit)))


def _placed(found: NDArray, chances: NDArray, shape: tuple[int, ...]) -> tuple[Box, ...]:
    """Scale boxes to the stored image; those below LOWEST_SHOWN are left out."""
    rows, columns = shape[:2]
    scale = max(rows, columns) / SIDE
    limits = np.array([columns, rows, columns, rows], dtype=np.float64)
    boxes = np.clip(found * scale, 0, limits)
    return tuple(
        Box((float(x0), float(y0), float(x1), float(y1)), round(float(chance), 5))
        for (x0, y0, x1, y1), chance in zip(boxes.round(1), chances, strict=True)
        if chance >= LOWEST_SHOWN and x1 > x0 and y1 > y0
    )
