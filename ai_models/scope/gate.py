"""What the pixels show: a chest, a limb or neither, by a small network beside this file."""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ai_models.catalogue import BrokenModel, check_weights, read_catalogue
from ai_models.scope.grey import grey_of
from ai_models.session import Session

FOLDER = Path(__file__).parent
SIDE = 96
KINDS = ("chest", "bone", "other")


def shown_part(pixels: NDArray[np.uint8]) -> str:
    """Return "chest", "bone" or "other"; "" when the network is not sure or cannot be used."""
    chances = part_chances(pixels)
    if chances is None:
        return ""
    best = int(np.argmax(chances))
    return KINDS[best] if chances[best] >= _sure()[KINDS[best]] else ""


def part_chances(pixels: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """Return the probability of each of KINDS for uint8 pixels; None when the network cannot be used."""
    session = _session()
    if session is None:
        return None
    return session.run(thumbnail(pixels)[None, None])[0][0]


def thumbnail(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return float32 [96, 96]: long side 96, picture in the middle, the rest black, 0–1."""
    rows, columns = pixels.shape[:2]
    scale = SIDE / max(rows, columns)
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    small = np.asarray(
        Image.fromarray(grey_of(pixels)).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    )
    canvas = np.zeros((SIDE, SIDE), np.float32)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    canvas[top : top + size[1], left : left + size[0]] = small / 255.0
    return canvas


def gate_fault() -> str:
    """Return why the gate cannot be used, or ""."""
    return "" if _session() is not None else _fault()


@cache
def _session() -> Session | None:
    if _fault():
        return None
    try:
        return Session(read_catalogue(FOLDER).weights)
    except Exception:  # onnxruntime has a dozen kinds, none of them public; the header then decides alone
        return None


@cache
def _fault() -> str:
    try:
        check_weights(read_catalogue(FOLDER))
    except BrokenModel as error:
        return error.reason
    return ""


@cache
def _sure() -> dict[str, float]:
    return {kind: float(read_catalogue(FOLDER).settings["sure"][kind]) for kind in KINDS}
