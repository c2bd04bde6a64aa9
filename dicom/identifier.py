"""Identifiers of queries: what is asked, read in any character set, and the answers to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from dicom.charset import codecs_of, text_shown
from dicom.errors import Unreadable
from hub.domain.matching import matches

log = structlog.get_logger("dicom.identifier")

SPECIFIC_CHARACTER_SET, LEVEL = "SpecificCharacterSet", "QueryRetrieveLevel"
#: What steers a query, and is neither matched nor returned as it came.
STEERING = (SPECIFIC_CHARACTER_SET, LEVEL, "QueryRetrieveView", "TimezoneOffsetFromUTC")
#: A query with more keys, or sequences within sequences, is nobody's.
MOST_KEYS, DEEPEST = 512, 4
#: Values of these are plain ASCII in every character set (PS3.5 6.1.2.3, 6.2).
PLAIN_VRS = frozenset(("AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI", "UR"))
#: Keys whose values are no text.
BINARY_VRS = frozenset(("US", "UL", "SS", "SL", "FL", "FD", "AT", "OB", "OW", "UN"))


@dataclass(frozen=True)
class Asked:
    """One level of nesting of a query: what each key says, and what is asked of the items of its sequences.

    `elements` lists everything that is to be returned, as (tag, VR, keyword), in the order of the tags.
    """

    keys: dict[str, str] = field(default_factory=dict)
    sequences: dict[str, "Asked"] = field(default_factory=dict)
    elements: tuple[tuple[BaseTag, str, str], ...] = ()
    level: str = ""

    def narrows(self) -> bool:
        """Tell whether any key here or below asks for a value."""
        return any(self.keys.values()) or any(inner.narrows() for inner in self.sequences.values())


def read_identifier(dataset: Dataset) -> Asked:
    """Return what a query asks. Raises Unreadable where it cannot be understood."""
    try:
        return _asked(dataset, codecs_of(b""), DEEPEST)
    except Unreadable:
        raise
    except Exception as error:  # pydicom raises whatever a broken byte leads it to
        raise Unreadable(f"the identifier cannot be read: {type(error).__name__}") from None


def build_answer(asked: Asked, values: Mapping[str, Any], character_set: str) -> Dataset:
    """Return an answer: every key that was asked with its value of `values`, empty where there is none.

    A sequence's value is a list of mappings, one per item.
    """
    answer = _answer(asked, values)
    if asked.level:
        answer.QueryRetrieveLevel = asked.level
    answer.SpecificCharacterSet = character_set
    return answer


def fits(asked: Asked, values: Mapping[str, Any]) -> bool:
    """Tell whether what is known matches every key, those of a sequence within one of its items (C.2.2.2.6).

    Keys of which nothing is known match everything.
    """
    for _tag, vr, keyword in asked.elements:
        if keyword not in values:
            continue
        if vr == "SQ":
            inner = asked.sequences[keyword]
            if inner.narrows() and not any(fits(inner, item) for item in values[keyword]):
                return False
        elif not matches(vr, asked.keys.get(keyword, ""), str(values[keyword])):
            return False
    return True


def _asked(dataset: Dataset, inherited: tuple[str, ...], depth: int) -> Asked:
    if len(dataset) > MOST_KEYS or depth == 0:
        raise Unreadable("the identifier asks for more than any query does")
    declared = _raw(dataset, "SpecificCharacterSet")
    codecs = codecs_of(declared) if declared else inherited
    keys: dict[str, str] = {}
    sequences: dict[str, Asked] = {}
    elements = []
    for tag in sorted(dataset.keys()):
        keyword, vr = keyword_for_tag(tag), _vr(dataset, tag)
        if keyword in STEERING or tag.element == 0:
            continue
        elements.append((tag, vr, keyword))
        if vr == "SQ":
            items = dataset[tag].value or []
            sequences[keyword] = _asked(items[0], codecs, depth - 1) if len(items) else Asked()
        elif keyword:
            keys[keyword] = _text(dataset, tag, codecs)
    return Asked(keys, sequences, tuple(elements), _raw(dataset, LEVEL).decode("ascii", "replace").strip())


def _raw(dataset: Dataset, keyword: str) -> bytes:
    element = dataset.get_item(keyword)
    return b"" if element is None else _bytes(element.value)


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value.strip(b" \0")
    several = value if isinstance(value, list) or hasattr(value, "append") else [value]
    return "\\".join(str(one) for one in several if one is not None).encode()  # type: ignore[attr-defined]


def _vr(dataset: Dataset, tag: BaseTag) -> str:
    element = dataset.get_item(tag)
    if element is not None and element.VR and element.VR != "UN":
        return str(element.VR)
    try:
        return dictionary_VR(tag).partition(" ")[0]
    except KeyError:
        return "UN"


def _text(dataset: Dataset, tag: BaseTag, codecs: tuple[str, ...]) -> str:
    element = dataset.get_item(tag)
    if isinstance(element, RawDataElement) and _vr(dataset, tag) not in BINARY_VRS:
        return text_shown(element.value or b"", codecs)
    return text_shown(_bytes(dataset[tag].value), ("utf_8",))


def _answer(asked: Asked, values: Mapping[str, Any]) -> Dataset:
    answer = Dataset()
    for tag, vr, keyword in asked.elements:
        value = values.get(keyword)
        if vr == "SQ":
            inner = asked.sequences.get(keyword, Asked())
            answer.add_new(tag, vr, [_item(inner, item) for item in value or ()])
        else:
            answer.add_new(tag, vr, _sendable(vr, keyword, value))
    return answer


def _sendable(vr: str, keyword: str, value: Any) -> Any:
    """Return a value, or None where there is none, or its VR cannot hold it: that must not end the answer."""
    if value in ("", None, []):
        return None
    if vr in PLAIN_VRS and not str(value).isascii():
        log.warning("a value has no place in an answer", keyword=keyword, vr=vr)
        return None
    return value


def _item(asked: Asked, values: Mapping[str, Any]) -> Dataset:
    """An item of which nothing is asked is returned with everything that is known."""
    if not asked.elements:
        asked = Asked(elements=tuple(_every(values)))
    return _answer(asked, values)


def _every(values: Mapping[str, Any]) -> Iterator[tuple[BaseTag, str, str]]:
    from pydicom.datadict import tag_for_keyword

    for keyword in values:
        number = tag_for_keyword(keyword)
        if number is not None:
            tag = BaseTag(number)
            yield tag, dictionary_VR(tag).partition(" ")[0], keyword
