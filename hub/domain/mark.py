"""What a reader drew on a picture: the kind of mark, its points in pixels, its words and measured values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: Kinds of marks, with how many points each has.
POINTS_OF = {"length": 2, "angle": 3, "cobb": 4, "ellipse": 4, "rectangle": 4, "arrow": 2}
#: What a mark may be measured as, with the units that each may have (UCUM).
UNITS_OF = {
    "length": ("mm", "cm", "px"), "angle": ("deg",), "area": ("mm2", "cm2", "px2"),
    "mean": ("HU", "1"), "deviation": ("HU", "1"),
}  # fmt: skip
MOST_MARKS, LONGEST_WORDS, LONGEST_UID = 200, 64, 64
FARTHEST = 1e6


@dataclass(frozen=True)
class Value:
    """One measured value; `projected` where the length is that of the shadow, not of the thing."""

    name: str
    value: float
    unit: str
    projected: bool = False


@dataclass(frozen=True)
class Mark:
    """One mark on `frame` (from 1) of an instance; points are (column, row), 0 0 the first pixel's centre."""

    uid: str
    kind: str
    instance: str
    frame: int
    points: tuple[tuple[float, float], ...]
    words: str = ""
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class KeyImage:
    """A frame that a reader chose to be looked at first."""

    instance: str
    frame: int


def marks_from(said: Any) -> tuple[Mark, ...]:
    """Return the marks that `said` (JSON) names. Raises ValueError for anything that is none."""
    return tuple(_mark(one) for one in _listed(said))


def key_images_from(said: Any) -> tuple[KeyImage, ...]:
    """Return the key images that `said` (JSON) names, each once. Raises ValueError."""
    found = [KeyImage(_word(one, "instance", LONGEST_UID), _frame(one)) for one in _listed(said)]
    return tuple(dict.fromkeys(found))


def _listed(said: Any) -> Sequence[dict[str, Any]]:
    if not isinstance(said, list) or len(said) > MOST_MARKS or not all(isinstance(one, dict) for one in said):
        raise ValueError(f"at most {MOST_MARKS} marks are kept with a study")
    return said


def _mark(one: dict[str, Any]) -> Mark:
    kind = one.get("kind")
    if kind not in POINTS_OF:
        raise ValueError("a mark of this kind is not kept")
    points = tuple(_point(point) for point in _listable(one.get("points")))
    if len(points) != POINTS_OF[kind]:
        raise ValueError(f"a mark of the kind {kind} has {POINTS_OF[kind]} points")
    values = tuple(_value(value) for value in _listable(one.get("values", [])))
    uid, instance = _word(one, "uid", LONGEST_UID), _word(one, "instance", LONGEST_UID)
    return Mark(uid, kind, instance, _frame(one), points, _word(one, "words", LONGEST_WORDS), values)


def _listable(said: Any) -> list[Any]:
    if not isinstance(said, list) or len(said) > 8:
        raise ValueError("points and values come as short lists")
    return said


def _word(one: dict[str, Any], name: str, longest: int) -> str:
    word = one.get(name, "")
    if not isinstance(word, str) or len(word) > longest or (not word and name != "words"):
        raise ValueError(f"{name} is missing or too long")
    return word


def _frame(one: dict[str, Any]) -> int:
    frame = one.get("frame", 1)
    if not isinstance(frame, int) or isinstance(frame, bool) or not 1 <= frame <= 100_000:
        raise ValueError("frames are counted from 1")
    return frame


def _point(said: Any) -> tuple[float, float]:
    if not isinstance(said, list) or len(said) != 2:
        raise ValueError("a point is a column and a row")
    return _number(said[0]), _number(said[1])


def _value(said: Any) -> Value:
    if not isinstance(said, dict) or said.get("unit") not in UNITS_OF.get(str(said.get("name")), ()):
        raise ValueError("a measured value has a name and one of its units")
    return Value(said["name"], _number(said.get("value")), said["unit"], said.get("projected") is True)


def _number(said: Any) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float) or not math.isfinite(said):
        raise ValueError("a number is missing")
    if abs(said) > FARTHEST:
        raise ValueError("a number is out of range")
    return float(said)
