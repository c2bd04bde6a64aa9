"""Pictures that are neither chest nor limb, drawn by program."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

SIDE = 128
Generator = np.random.Generator


def drawn(generator: Generator) -> NDArray[np.uint8]:
    """Return one drawn picture [128, 128] of a random kind."""
    makers = (_tracing, _text_page, _noise, _fan, _slice_like, _gradient, _bars)
    return makers[generator.integers(len(makers))](generator)


def _tracing(generator: Generator) -> NDArray[np.uint8]:
    ground, ink = (255, 0) if generator.random() < 0.7 else (0, 255)
    image = Image.new("L", (4 * SIDE, 4 * SIDE), ground)
    pen = ImageDraw.Draw(image)
    for at in range(0, 4 * SIDE, int(generator.integers(8, 30))):
        shade = int(abs(ground - generator.integers(20, 90)))
        pen.line([(at, 0), (at, 4 * SIDE)], fill=shade)
        pen.line([(0, at), (4 * SIDE, at)], fill=shade)
    lines = int(generator.integers(1, 13))
    for line in range(lines):
        beat, phase = generator.uniform(30, 120), generator.uniform(0, 100)
        x = np.arange(4 * SIDE)
        spike = np.exp(-((((x + phase) % beat) - beat / 2) ** 2) / generator.uniform(2, 20))
        y = (
            4 * SIDE * (line + 0.6) / lines
            - spike * generator.uniform(10, 60)
            + generator.normal(0, 1, x.size)
        )
        pen.line(
            list(zip(x.tolist(), y.tolist(), strict=True)), fill=ink, width=int(generator.integers(1, 4))
        )
    return _small(image)


def _text_page(generator: Generator) -> NDArray[np.uint8]:
    ground = int(generator.choice([0, 255, 40, 230]))
    image = Image.new("L", (4 * SIDE, 4 * SIDE), ground)
    pen = ImageDraw.Draw(image)
    letters = np.array(list("abcdefghijklmnop ABCDEFG 0123456789 .,:"))
    for row in range(5, 4 * SIDE - 20, int(generator.integers(14, 40))):
        text = "".join(generator.choice(letters, int(generator.integers(5, 60))))
        pen.text(
            (int(generator.integers(0, 60)), row),
            text,
            fill=255 - ground,
            font_size=int(generator.integers(10, 22)),
        )
    for _ in range(int(generator.integers(0, 5))):
        corner = generator.integers(0, 3 * SIDE, 2)
        size = generator.integers(20, 120, 2)
        pen.rectangle([*corner.tolist(), *(corner + size).tolist()], fill=int(generator.integers(0, 255)))
    return _small(image)


def _noise(generator: Generator) -> NDArray[np.uint8]:
    field = gaussian_filter(generator.normal(size=(SIDE, SIDE)), generator.uniform(0, 12))
    return _stretched(field, generator)


def _fan(generator: Generator) -> NDArray[np.uint8]:
    """A sector of speckle with bright layers, as an ultrasound image has it."""
    down, across = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    across = across - generator.uniform(0.4, 0.6)
    depth, angle = np.hypot(across, down + 0.05), np.abs(np.arctan2(across, down + 0.05))
    speckle = gaussian_filter(generator.rayleigh(size=(SIDE, SIDE)), generator.uniform(0.4, 1.2))
    layers = 0.6 + 0.4 * np.sin(depth * generator.uniform(8, 40) + generator.uniform(0, 6))
    inside = (depth < generator.uniform(0.7, 1.0)) & (angle < generator.uniform(0.4, 0.9))
    return _stretched(speckle * layers * inside * np.exp(-depth * generator.uniform(0, 2)), generator)


def _slice_like(generator: Generator) -> NDArray[np.uint8]:
    """Ellipses inside an ellipse on black, as a cross-section has them."""
    down, across = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    body = ((across / generator.uniform(0.6, 0.95)) ** 2 + (down / generator.uniform(0.5, 0.95)) ** 2) < 1
    field = 0.5 * body
    for _ in range(int(generator.integers(2, 9))):
        x, y = generator.uniform(-0.5, 0.5, 2)
        wide, high = generator.uniform(0.05, 0.4, 2)
        inside = (((across - x) / wide) ** 2 + ((down - y) / high) ** 2) < 1
        field = np.where(inside & body, generator.uniform(0, 1), field)
    ring = body & ~(((across / 0.8) ** 2 + (down / 0.8) ** 2) < generator.uniform(0.5, 1))
    field = np.where(ring & (generator.random() < 0.5), 1.0, field)
    blurred = gaussian_filter(field, 0.7)
    return _stretched(blurred + body * generator.normal(0, 0.04, field.shape), generator)


def _gradient(generator: Generator) -> NDArray[np.uint8]:
    down, across = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    slope = generator.normal(size=4)
    field = slope[0] * down + slope[1] * across + slope[2] * down * across + slope[3] * across**2
    return _stretched(field, generator)


def _bars(generator: Generator) -> NDArray[np.uint8]:
    period = generator.uniform(2, 40)
    angle = generator.uniform(0, 3.14)
    down, across = np.mgrid[0:SIDE, 0:SIDE]
    wave = np.sin((down * np.sin(angle) + across * np.cos(angle)) * 6.28 / period)
    return _stretched(np.sign(wave) if generator.random() < 0.5 else wave, generator)


def _stretched(field: NDArray, generator: Generator) -> NDArray[np.uint8]:
    low, high = float(field.min()), float(field.max())
    top = generator.uniform(120, 255)
    return ((field - low) / max(high - low, 1e-6) * top).astype(np.uint8)


def _small(image: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR))
