"""Films spoiled so that no model should read them, each with the kind that it then is (scope_net.KINDS)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SIDE = 192
Generator = np.random.Generator
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Source:
    """A film, what it shows ("chest" or "bone"), and another film of any kind."""

    film: Pixels
    shows: str
    other: Pixels


def inverted(source: Source, generator: Generator) -> tuple[Pixels, str]:
    """Black for white, as a wrong PhotometricInterpretation shows a film."""
    return 255 - source.film, "inverted"


def turned(source: Source, generator: Generator) -> tuple[Pixels, str]:
    """A chest on its side or head down; a limb lies as it can, so it stays a limb."""
    return np.rot90(source.film, generator.integers(1, 4)), "turned" if source.shows == "chest" else "bone"


def cropped(source: Source, generator: Generator) -> tuple[Pixels, str]:
    """A part too small to say what it is of: of a chest up to half of the side, of a limb a fifth."""
    most = 0.55 if source.shows == "chest" else 0.24
    share = generator.uniform(0.15, most)
    return _part(source.film, (share, min(share * generator.uniform(0.8, 1.25), most)), generator), "cropped"


def halved(source: Source, generator: Generator) -> tuple[Pixels, str]:
    """One side of a chest stretched to a whole picture: one lung and the spine at its edge, as a lateral
    film or a wrong collimation shows them. A limb is cut small instead."""
    if source.shows != "chest":
        return cropped(source, generator)
    width = int(source.film.shape[1] * generator.uniform(0.42, 0.58))
    half = source.film[:, :width] if generator.random() < 0.5 else source.film[:, -width:]
    if generator.random() < 0.5:
        half = _beside(half, generator)
    return half, "cropped"


def tiled(source: Source, generator: Generator) -> tuple[Pixels, str]:
    """Two or more pictures on one sheet, as a capture of a viewer's layout has them.

    Two views of a limb on one film are usual and stay in scope, so a limb is captured instead.
    """
    if source.shows != "chest":
        return captured(source, generator)
    rows, columns = ((1, 2), (2, 1), (2, 2), (2, 3))[generator.integers(4)]
    gap = int(generator.integers(0, 6))
    sheet = np.full((SIDE, SIDE), int(generator.choice([0, 0, 30, 255])), np.uint8)
    for row in range(rows):
        for column in range(columns):
            part = source.film if generator.random() < 0.5 else source.other
            height, width = SIDE // rows - gap, SIDE // columns - gap
            small = Image.fromarray(np.ascontiguousarray(part)).resize((width, height))
            top, left = row * SIDE // rows, column * SIDE // columns
            sheet[top : top + height, left : left + width] = np.asarray(small)
    return sheet, "other"


def captured(source: Source, generator: Generator) -> tuple[Pixels, str]:
    """A film inside a program's window: bars, buttons and text around it, sometimes a photograph's tilt."""
    ground = int(generator.choice([20, 45, 210, 240, 255]))
    image = Image.new("L", (2 * SIDE, 2 * SIDE), ground)
    pen = ImageDraw.Draw(image)
    left, top = generator.integers(20, 2 * SIDE // 3, 2)
    width, height = generator.integers(2 * SIDE // 3, 2 * SIDE - 20, 2)
    small = Image.fromarray(np.ascontiguousarray(source.film)).resize((int(width), int(height)))
    image.paste(small, (int(left), int(top)))
    for _ in range(int(generator.integers(1, 4))):
        _bar(pen, generator)
    _written(pen, generator, 255 - ground if abs(ground - 128) > 40 else 255)
    if generator.random() < 0.3:
        image = image.rotate(generator.uniform(-8, 8), Image.Resampling.BILINEAR, fillcolor=ground)
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR)), "other"


SPOILED: tuple[Callable[[Source, Generator], tuple[Pixels, str]], ...] = (
    inverted, turned, cropped, halved, tiled, captured,
)  # fmt: skip


def _part(film: Pixels, shares: tuple[float, float], generator: Generator) -> Pixels:
    height, width = (max(8, int(side * share)) for side, share in zip(film.shape, shares, strict=True))
    top, left = generator.integers(0, film.shape[0] - height), generator.integers(0, film.shape[1] - width)
    part = Image.fromarray(np.ascontiguousarray(film[top : top + height, left : left + width]))
    return np.asarray(part.resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def _beside(half: Pixels, generator: Generator) -> Pixels:
    """Fade the half out to one side, as the soft parts before and behind a lateral chest do."""
    fade = np.linspace(generator.uniform(0.1, 0.6), 1.0, half.shape[1])
    if generator.random() < 0.5:
        fade = fade[::-1]
    return (half * fade).astype(np.uint8)


def _bar(pen: ImageDraw.ImageDraw, generator: Generator) -> None:
    shade, depth = int(generator.integers(0, 256)), int(generator.integers(10, 40))
    box = ((0, 0, 2 * SIDE, depth), (0, 0, depth, 2 * SIDE), (0, 2 * SIDE - depth, 2 * SIDE, 2 * SIDE))
    pen.rectangle(box[generator.integers(3)], fill=shade)


def _written(pen: ImageDraw.ImageDraw, generator: Generator, ink: int) -> None:
    letters = np.array(list("ABCDEFGH abcdefghij 0123456789 :/."))
    for _ in range(int(generator.integers(2, 14))):
        place = (int(generator.integers(0, 2 * SIDE - 60)), int(generator.integers(0, 2 * SIDE - 20)))
        text = "".join(generator.choice(letters, int(generator.integers(3, 24))))
        pen.text(place, text, fill=ink, font_size=int(generator.integers(9, 18)))
