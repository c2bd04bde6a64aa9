"""Which frames of which images an object refers to."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.dataset import Dataset


@dataclass(frozen=True)
class Refers:
    """An image by its SOP Instance UID; `frames` from 1, none named means all of them."""

    instance: str
    frames: tuple[int, ...] = ()


def references(items: object) -> Iterator[Refers]:
    """Yield what a Referenced SOP or Image Sequence names; an item without a UID names nothing."""
    for item in items if isinstance(items, list) or hasattr(items, "__iter__") else ():
        uid = str(item.get("ReferencedSOPInstanceUID") or "")
        if uid:
            yield Refers(uid, _frames(item))


def words(dataset: Dataset, keyword: str, longest: int = 400) -> str:
    """Return an element's value as one text, "" where there is none."""
    value = dataset.get(keyword)
    return "" if value is None else str(value).strip()[:longest]


def meaning(dataset: Dataset, keyword: str) -> str:
    """Return what the first code of a sequence means."""
    codes = dataset.get(keyword) or []
    return words(codes[0], "CodeMeaning") if codes else ""


def _frames(item: Dataset) -> tuple[int, ...]:
    named = item.get("ReferencedFrameNumber")
    if named is None or named == "":
        return ()
    several = named if hasattr(named, "__iter__") and not isinstance(named, str) else [named]
    return tuple(int(one) for one in several)
