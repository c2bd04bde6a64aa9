"""The drawn annotations of a softcopy presentation state (PS3.3 C.10.5), in pixels of the stored image."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pydicom.dataset import Dataset

from dicom.beside.references import Refers, references, words

#: Grayscale, colour, pseudo-colour, blending and XA/XRF states.
CLASSES = tuple(f"1.2.840.10008.5.1.4.1.1.11.{number}" for number in (1, 2, 3, 4, 5))
SHAPES = ("POINT", "POLYLINE", "INTERPOLATED", "CIRCLE", "ELLIPSE")
MOST_POINTS, MOST_SHAPES = 20_000, 2000
#: A sub-pixel position has its origin at the first pixel's corner (C.10.5.1.2), ours at its centre.
CORNER = 0.5

Point = tuple[float, float]


@dataclass(frozen=True)
class Shape:
    """A line or a point: (column, row), 0 0 the first pixel's centre; on the screen's own scale if `shown`.

    With `shown` a point is a share (0 to 1) of the displayed area, which is the whole image unless told.
    """

    kind: str
    points: tuple[Point, ...]
    filled: bool = False
    shown: bool = False


@dataclass(frozen=True)
class Words:
    """A text beside `anchor`, or in the box whose top left is `at`."""

    text: str
    at: Point
    anchor: Point | None = None
    shown: bool = False


@dataclass(frozen=True)
class Layer:
    """What is drawn on some images; no images named means all that the state is about."""

    images: tuple[Refers, ...]
    shapes: tuple[Shape, ...] = ()
    texts: tuple[Words, ...] = ()


@dataclass(frozen=True)
class Presentation:
    """A presentation state's name and layers; `left_out` counts what cannot be drawn in its place."""

    label: str
    by: str
    at: str
    images: tuple[Refers, ...]
    layers: tuple[Layer, ...] = field(default=())
    left_out: int = 0


def presentation_of(dataset: Dataset) -> Presentation:
    """Return what the state draws. Broken elements raise whatever pydicom makes of them."""
    images = tuple(_state_images(dataset))
    turned = bool(dataset.get("ImageRotation")) or str(dataset.get("ImageHorizontalFlip") or "N") == "Y"
    layers = [_layer(item, turned) for item in dataset.get("GraphicAnnotationSequence") or []]
    return Presentation(
        words(dataset, "ContentLabel") or words(dataset, "ContentDescription"),
        words(dataset, "ContentCreatorName"),
        f"{words(dataset, 'PresentationCreationDate')}{words(dataset, 'PresentationCreationTime')}",
        images, tuple(layer for layer, _left in layers), sum(left for _layer, left in layers),
    )  # fmt: skip


def _state_images(dataset: Dataset) -> Iterator[Refers]:
    for series in dataset.get("ReferencedSeriesSequence") or []:
        yield from references(series.get("ReferencedImageSequence") or [])


def _layer(item: Dataset, turned: bool) -> tuple[Layer, int]:
    drawn = [_shape(one, turned) for one in (item.get("GraphicObjectSequence") or [])[:MOST_SHAPES]]
    told = [_words(one, turned) for one in (item.get("TextObjectSequence") or [])[:MOST_SHAPES]]
    images = tuple(references(item.get("ReferencedImageSequence") or []))
    shapes, texts = tuple(one for one in drawn if one), tuple(one for one in told if one)
    return Layer(images, shapes, texts), len(drawn) + len(told) - len(shapes) - len(texts)


def _shape(item: Dataset, turned: bool) -> Shape | None:
    kind, shown = words(item, "GraphicType"), _is_shown(item, "GraphicAnnotationUnits", turned)
    points = _points(item.get("GraphicData"), shown)
    if kind not in SHAPES or shown is None or not 0 < len(points) <= MOST_POINTS:
        return None
    return Shape(kind, points, words(item, "GraphicFilled") == "Y", shown)


def _words(item: Dataset, turned: bool) -> Words | None:
    text = words(item, "UnformattedTextValue", 1000)
    boxed = _is_shown(item, "BoundingBoxAnnotationUnits", turned)
    anchored = _is_shown(item, "AnchorPointAnnotationUnits", turned)
    box = _points(item.get("BoundingBoxTopLeftHandCorner"), boxed)
    anchor = _points(item.get("AnchorPoint"), anchored)
    if not text or not (box or anchor):
        return None
    if not box:
        return Words(text, anchor[0], anchor[0], bool(anchored))
    same = anchor[0] if anchor and anchored == boxed else None
    return Words(text, box[0], same, bool(boxed))


def _is_shown(item: Dataset, keyword: str, turned: bool) -> bool | None:
    """Tell whether positions are shares of the display; None for a scale that has no place here."""
    units = words(item, keyword) or "PIXEL"
    if units == "PIXEL":
        return False
    return True if units == "DISPLAY" and not turned else None


def _points(data: object, shown: bool | None) -> tuple[Point, ...]:
    if data is None or shown is None or not isinstance(data, Sequence) and not hasattr(data, "__iter__"):
        return ()
    numbers = [float(one) for one in data]
    off = 0.0 if shown else CORNER
    return tuple((x - off, y - off) for x, y in zip(numbers[::2], numbers[1::2], strict=False))
