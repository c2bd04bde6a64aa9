"""Films spoiled so that no model may read them, seeded; written apart from what the gate was trained on."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

Pixels = NDArray[np.uint8]
Random = np.random.Generator
#: How much of each side a cropped film shows: less of a limb, for most of a limb is still a limb.
CHEST_WINDOW, BONE_WINDOW = (0.2, 0.5), (0.1, 0.2)


def lateral(film: Pixels, random: Random) -> Pixels:
    """Both lungs over each other with the spine at one side: no true lateral chest, only drawn like one."""
    middle = film.shape[1] // 2
    one, other = film[:, :middle][:, ::-1].astype(float), film[:, -middle:].astype(float)
    both = gaussian_filter(0.5 * (one + other), 1.0)  # spine at the left edge, soft parts to the right
    width = both.shape[1]
    across = np.arange(width) / width
    spine = 70 * np.exp(-(((across - random.uniform(0.1, 0.2)) / 0.07) ** 2))
    arms = 60 * np.exp(-np.linspace(0, 6, film.shape[0]))[:, None]
    side = np.clip(both * (1 - 0.5 * across**3) + spine + arms, 0, 255).astype(np.uint8)
    if random.random() < 0.5:
        side = side[:, ::-1]
    return _sized(side, (film.shape[0], int(film.shape[0] * random.uniform(0.65, 0.9))))


def inverted(film: Pixels, random: Random) -> Pixels:
    """Black for white."""
    return 255 - film


def cropped_chest(film: Pixels, random: Random) -> Pixels:
    """A window of a fifth to a half of each side."""
    return _window(film, CHEST_WINDOW, random)


def cropped_bone(film: Pixels, random: Random) -> Pixels:
    """A window of a tenth to a fifth of each side."""
    return _window(film, BONE_WINDOW, random)


def half(film: Pixels, random: Random) -> Pixels:
    """The left, right, upper or lower half."""
    rows, columns = film.shape[0] // 2, film.shape[1] // 2
    parts = (film[:, :columns], film[:, -columns:], film[:rows], film[-rows:])
    part = parts[random.integers(4)]
    return _sized(part, (2 * part.shape[0], 2 * part.shape[1]))


def blank(film: Pixels, random: Random) -> Pixels:
    """An exposure without anybody: one value, noise, the heel effect, a collimator's edge, or the film itself
    too weak to see."""
    shape, kind = film.shape, random.integers(5)
    level = float(random.integers(0, 256))
    field = np.full(shape, level)
    if kind == 1:
        field = field + random.normal(0, random.uniform(0.5, 6), shape)
    elif kind == 2:
        field = field + np.linspace(-30, 30, shape[1]) + random.normal(0, 2, shape)
    elif kind == 3:
        edge = [int(side * random.uniform(0.05, 0.3)) for side in shape]
        field = np.full(shape, 3.0)
        field[edge[0] : -edge[0], edge[1] : -edge[1]] = max(level, 60)
        field = gaussian_filter(field, 1.0) + random.normal(0, 1.5, shape)
    elif kind == 4:
        field = level / 2 + film * 0.02
    return np.clip(field, 0, 255).astype(np.uint8)


def screenshot(film: Pixels, random: Random) -> Pixels:
    """A viewer's window in grey: the film between menu, tools, a list of studies and text in its corners."""
    return np.asarray(_desktop(film, random).convert("L"))


def colour_screenshot(film: Pixels, random: Random) -> Pixels:
    """The same window with its colours."""
    return np.asarray(_desktop(film, random))


CHEST_KINDS: dict[str, Callable[[Pixels, Random], Pixels]] = {
    "made lateral": lateral, "inverted": inverted, "cropped to a window": cropped_chest,
    "cropped to a half": half, "blank": blank, "screenshot, grey": screenshot,
    "screenshot, colour": colour_screenshot,
}  # fmt: skip
BONE_KINDS: dict[str, Callable[[Pixels, Random], Pixels]] = {
    "inverted": inverted, "cropped to a window": cropped_bone, "blank": blank,
    "screenshot, grey": screenshot, "screenshot, colour": colour_screenshot,
}  # fmt: skip


def _window(film: Pixels, shares: tuple[float, float], random: Random) -> Pixels:
    height, width = (max(16, int(side * random.uniform(*shares))) for side in film.shape)
    top, left = random.integers(0, film.shape[0] - height), random.integers(0, film.shape[1] - width)
    return _sized(film[top : top + height, left : left + width], film.shape)


def _sized(pixels: Pixels, shape: tuple[int, ...]) -> Pixels:
    size = (shape[1], shape[0])
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).resize(size, Image.Resampling.BICUBIC))


def _desktop(film: Pixels, random: Random) -> Image.Image:
    width, height = ((1366, 768), (1280, 1024), (1024, 768))[random.integers(3)]
    dark = random.random() < 0.6
    ground, ink = ((28, 30, 34), (200, 205, 210)) if dark else ((236, 238, 240), (30, 30, 30))
    screen = Image.new("RGB", (width, height), ground)
    pen = ImageDraw.Draw(screen)
    pen.rectangle((0, 0, width, 28), fill=(0, 90, 158) if random.random() < 0.5 else ground)
    pen.rectangle((0, 28, width, 64), fill=tuple(min(255, part + 18) for part in ground))
    for tool in range(int(random.integers(6, 16))):
        pen.rounded_rectangle((12 + 40 * tool, 34, 40 + 40 * tool, 60), 4, outline=ink)
    listed = int(width * random.uniform(0.15, 0.35))
    for line, y in enumerate(range(80, height - 40, 22)):
        pen.text((10, y), f"2026-11-{1 + line % 28:02} P{random.integers(1e5):05} DX", fill=ink, font_size=14)
    _hang(screen, film, (listed, 70, width - 8, height - 30), random)
    return screen


def _hang(screen: Image.Image, film: Pixels, place: tuple[int, int, int, int], random: Random) -> None:
    """Put the film, sometimes two, as large as they fit on black, with text in the corners."""
    left, top, right, bottom = place
    pen, count = ImageDraw.Draw(screen), 1 + int(random.random() < 0.3)
    for number in range(count):
        x0 = left + (right - left) * number // count
        x1 = left + (right - left) * (number + 1) // count - 4
        pen.rectangle((x0, top, x1, bottom), fill=(0, 0, 0))
        scale = min((x1 - x0) / film.shape[1], (bottom - top) / film.shape[0])
        size = (int(film.shape[1] * scale), int(film.shape[0] * scale))
        at = (x0 + (x1 - x0 - size[0]) // 2, top + (bottom - top - size[1]) // 2)
        screen.paste(Image.fromarray(film).resize(size).convert("RGB"), at)
        pen.text((x0 + 6, top + 6), "BENCH^MARK\n1970-01-01 O", fill=(240, 240, 240), font_size=15)
        pen.text((x1 - 90, bottom - 40), "W 255 L 128\n100 %", fill=(240, 240, 240), font_size=15)
