"""Thumbnails of the packs' films and of what is neither, each seeded and stretched so that shape tells
nothing."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ai_models.train.pictures import Shards, grey, squashed
from ai_models.train.scope_net import KINDS, SIDE
from ai_models.train.scope_other import drawn
from ai_models.train.scope_spoiled import SPOILED, Source

KEPT = 192  # films are kept so large, so that stretching and turning leave something
CHEST, BONE, OTHER = KINDS.index("chest"), KINDS.index("bone"), KINDS.index("other")
#: Shares of drawn pictures and of films spoiled so that no model should read them.
DRAWN, SPOILT = 0.15, 0.4


@dataclass(frozen=True)
class Films:
    """`squares` uint8 [n, 192, 192] of films and their kind [n], 0 chest or 1 bone."""

    squares: NDArray[np.uint8]
    kinds: NDArray[np.int64]


def load_films(data: Path, chest_split: str, bone_split: str) -> Films:
    """Read the films of one split of each pack, squashed to squares."""
    shards, squares, kinds = Shards(data / "cxr"), [], []
    for row in _rows(data / "cxr" / "labels.csv", chest_split):
        squares.append(squashed(grey(shards.read(row["shard"], row["file"])), KEPT))
        kinds.append(CHEST)
    for row in _rows(data / "fracture" / "labels.csv", bone_split):
        squares.append(squashed(grey(data / "fracture" / row["file"]), KEPT))
        kinds.append(BONE)
    return Films(np.stack(squares), np.array(kinds))


def example(films: Films, index: int, generator: np.random.Generator) -> tuple[NDArray[np.float32], int]:
    """Return one thumbnail 0–1 [128, 128] and its kind; more than half are films as they should be."""
    choice = generator.random()
    kind = int(films.kinds[index])
    picture = _turned(films.squares[index], kind, generator)
    if choice < DRAWN:
        picture, kind = drawn(generator), OTHER
    elif choice < DRAWN + SPOILT:
        other = films.squares[generator.integers(len(films.kinds))]
        spoil = SPOILED[generator.integers(len(SPOILED))]
        picture, name = spoil(Source(picture, KINDS[kind], other), generator)
        kind = KINDS.index(name)
    return _relit(_framed(picture, generator), generator), kind


def _turned(film: NDArray[np.uint8], kind: int, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Turn a little, cut a little, mirror; limbs also by quarters, for they are laid as they can be."""
    if kind == BONE:
        film = np.rot90(film, generator.integers(4))
    if generator.random() < 0.5:
        film = film[:, ::-1]
    image = Image.fromarray(np.ascontiguousarray(film))
    if generator.random() < 0.7:
        image = image.rotate(generator.uniform(-12, 12), Image.Resampling.BILINEAR)
    least = 0.85 if kind == CHEST else 0.65
    height, width = (KEPT * generator.uniform(least, 1.0, 2)).astype(int)
    top, left = generator.integers(0, KEPT - height + 1), generator.integers(0, KEPT - width + 1)
    return np.asarray(image)[top : top + height, left : left + width]


def _framed(picture: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.float32]:
    """Stretch to a random shape and put in the middle of a black square, as inference frames a picture."""
    short = int(SIDE * generator.uniform(0.62, 1.0))
    size = (short, SIDE) if generator.random() < 0.5 else (SIDE, short)
    if generator.random() < 0.3:
        size = (SIDE, SIDE)
    small = np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize(size, Image.Resampling.BILINEAR))
    canvas = np.zeros((SIDE, SIDE), np.float32)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    canvas[top : top + size[1], left : left + size[0]] = small / 255.0
    return canvas


def _relit(level: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    level = level ** np.exp(generator.normal(0, 0.35))
    level = level * generator.uniform(0.6, 1.25) + (level > 0) * generator.uniform(-0.1, 0.1)
    return (level + generator.normal(0, 0.02 * generator.random(), level.shape)).clip(0, 1).astype(np.float32)


def _rows(path: Path, split: str) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["split"] == split]
