"""What the pixels show: an upright chest, a limb or what no model reads, by a small network."""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ai_models.catalogue import BrokenModel, Catalogue, check_weights, read_catalogue
from ai_models.scope.grey import grey_of
from ai_models.session import Session

FOLDER = Path(__file__).parent


def shown_part(chances: NDArray[np.float32] | None) -> str:
    """Return the kind that the card names, "chest" or "bone" among them; "" when the network is not sure."""
    if chances is None:
        return ""
    best = int(np.argmax(chances))
    kind = str(_card().settings["kinds"][best])
    return kind if chances[best] >= float(_card().settings["sure"][kind]) else ""


def shows_enough(chances: NDArray[np.float32] | None, kind: str) -> bool:
    """Tell whether the pixels show as much of `kind` as a header that names it needs beside it; without a
    network the header decides."""
    if chances is None:
        return True
    settings = _card().settings
    return float(chances[settings["kinds"].index(kind)]) >= float(settings.get("enough", {}).get(kind, 0.0))


def part_chances(pixels: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """Return the probability of each kind of the card for uint8 pixels; None without a usable network."""
    session = _session()
    if session is None:
        return None
    return session.run(thumbnail(pixels, int(_card().input[-1]))[None, None])[0][0]


def thumbnail(pixels: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """Return float32 [side, side]: long side `side`, picture in the middle, the rest black, 0–1."""
    rows, columns = pixels.shape[:2]
    scale = side / max(rows, columns)
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    small = np.asarray(
        Image.fromarray(grey_of(pixels)).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    )
    canvas = np.zeros((side, side), np.float32)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
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
def _card() -> Catalogue:
    return read_catalogue(FOLDER)
