"""The elements at the top of a data set, found by one flat walk that nesting cannot deepen."""

import mmap
import struct
import zlib
from collections.abc import Iterator, Set
from typing import Literal, NamedTuple

Buffer = bytes | memoryview | mmap.mmap
Order = Literal["little", "big"]
#: What an element holds: its VR (empty when implicit), its value cut at VALUE_LIMIT, its byte order.
Value = tuple[bytes, bytes, Order]

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"  # retired, PS3.5 2006 A.3
DEFLATED = "1.2.840.10008.1.2.1.99"

UNDEFINED_LENGTH = 0xFFFFFFFF  # PS3.5 7.1.1
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD  # PS3.5 7.5
LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())  # PS3.5 table 7.1-1
SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
VRS = LONG_VRS | SHORT_VRS
_IS_LONG = dict.fromkeys(SHORT_VRS, False) | dict.fromkeys(LONG_VRS, True)

#: No value that the index needs is longer; what goes beyond it is cut.
VALUE_LIMIT = 64 * 1024
#: The elements before the pixels of a deflated object fit into this many bytes, or they are not read.
INFLATED_HEAD_LIMIT = 16 * 1024 * 1024
#: A walk over more elements than any real header has is given up: empty ones cost 8 bytes each.
ELEMENT_LIMIT = 100_000


class Layout(NamedTuple):
    """How elements are laid out: byte order, and whether the VR is written."""

    little: bool
    explicit: bool


EXPLICIT_LITTLE_LAYOUT = Layout(little=True, explicit=True)
_SHORT_HEAD = struct.Struct("<HH2sH").unpack_from
_LENGTH = struct.Struct("<L").unpack_from


class Element(NamedTuple):
    """A tag as one number, its VR (empty when implicit), its value cut at VALUE_LIMIT, its byte order and
    the offset behind it."""

    tag: int
    vr: bytes
    value: bytes
    order: Order
    end: int


class Cut(Exception):
    """The walk ended before the data set did; the message is a sentence."""

    def __init__(self, tag: int, how: str = "the data set ends inside") -> None:
        super().__init__(f"{how} ({tag >> 16:04X},{tag & 0xFFFF:04X})")


def head_of(data: Buffer, transfer_syntax: str) -> Buffer:
    """Return `data`, or the beginning of what it inflates to when the syntax is deflated."""
    if transfer_syntax != DEFLATED:
        return data
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, INFLATED_HEAD_LIMIT)
    except zlib.error:
        return data


def layout_of(data: Buffer, transfer_syntax: str) -> Layout:
    """Return the layout that the first element shows, else the one that the syntax declares."""
    declared = Layout(transfer_syntax != EXPLICIT_BIG, transfer_syntax != IMPLICIT_LITTLE)
    if len(data) < 8:
        return declared
    (group,) = struct.unpack_from("<H", data, 0)
    little = declared.little if group in (0, 0xFFFF) else group < 0x0100 or (group & 0xFF) != 0
    return Layout(little, bytes(data[4:6]) in VRS or (not little and declared.explicit))


def top_elements(data: Buffer, layout: Layout, start: int = 0) -> Iterator[Element]:
    """Yield the elements outside any sequence, in the order of the bytes; a sequence's value is empty.

    Raises Cut when the bytes end too early. Lengths are checked against the bytes at hand, nothing recurses.
    """
    at, end, walked = start, len(data), 0
    order: Order = "little" if layout.little else "big"
    while at + 8 <= end:
        tag, vr, length, at = _element_head(data, at, layout)
        if length == UNDEFINED_LENGTH:
            at, walked = _after_undefined(data, at, layout, vr, walked)
            yield Element(tag, vr, b"", order, at)
            continue
        value = bytes(data[at : at + min(length, VALUE_LIMIT)])
        at += length
        yield Element(tag, vr, value, order, at)
        if at > end:
            raise Cut(tag)
        walked = _counted(walked, tag)


def first_elements(data: Buffer, layout: Layout, tags: Set[int]) -> tuple[dict[int, Value], tuple[str, ...]]:
    """Return the elements of `tags` by tag, and a fault where the bytes end before they are known.

    The walk ends behind the last tag that is wanted; of two with one tag the later one counts.
    """
    last = max(tags)
    if layout == EXPLICIT_LITTLE_LAYOUT:
        found = _quickly(data, tags, last)
        if found is not None:
            return found, ()
    found = {}
    try:
        for element in top_elements(data, layout):
            if element.tag in tags:
                found[element.tag] = element.vr, element.value, element.order
            elif last < element.tag < ITEM:
                break
    except Cut as cut:
        return found, (str(cut),)
    return found, ()


def _quickly(data: Buffer, tags: Set[int], last: int) -> dict[int, Value] | None:
    """As the walk over `top_elements` in explicit little endian; None where anything is odd.

    It runs for every instance: whatever it calls, and makes, is one call and one object an element.
    """
    found: dict[int, Value] = {}
    at, end, walked = 0, len(data), 0
    try:
        while at + 8 <= end:
            group, number, vr, length = _SHORT_HEAD(data, at)
            at += 8
            if _IS_LONG[vr]:
                length, at = _LENGTH(data, at)[0], at + 4
            if length == UNDEFINED_LENGTH:
                at, walked = _after_undefined(data, at, EXPLICIT_LITTLE_LAYOUT, vr, walked)
                length = 0
            tag = group << 16 | number
            if tag in tags:
                found[tag] = vr, bytes(data[at : at + min(length, VALUE_LIMIT)]), "little"
            elif tag > last:
                return found
            at += length
            walked += 1
            if at > end or walked > ELEMENT_LIMIT:
                return None
    except (KeyError, struct.error, Cut):
        return None
    return found


def _element_head(data: Buffer, at: int, layout: Layout) -> tuple[int, bytes, int, int]:
    """Return tag, VR, length and where the value begins; a VR that is none is read as implicit."""
    order = "<" if layout.little else ">"
    group, element = struct.unpack_from(order + "HH", data, at)
    tag = (group << 16) | element
    vr = bytes(data[at + 4 : at + 6])
    if group == 0xFFFE or not layout.explicit or not (vr.isalpha() and vr.isupper()):
        return tag, b"", _number(data, at + 4, order + "L", tag), at + 8
    if vr in LONG_VRS:
        return tag, vr, _number(data, at + 8, order + "L", tag), at + 12
    return tag, vr, _number(data, at + 6, order + "H", tag), at + 8


def _number(data: Buffer, at: int, form: str, tag: int) -> int:
    try:
        return int(struct.unpack_from(form, data, at)[0])
    except struct.error:
        raise Cut(tag) from None


def _counted(walked: int, tag: int) -> int:
    if walked >= ELEMENT_LIMIT:
        raise Cut(tag, f"more than {ELEMENT_LIMIT} elements stand before")
    return walked + 1


def _after_undefined(data: Buffer, at: int, layout: Layout, vr: bytes, walked: int) -> tuple[int, int]:
    """Return the offset behind a value of undefined length, whatever it nests (PS3.5 7.5.2)."""
    inner = Layout(True, False) if vr == b"UN" else layout  # PS3.5 6.2.2 note 2
    open_layouts = [inner]
    while open_layouts:
        if at + 8 > len(data):
            raise Cut(SEQUENCE_END)
        tag, vr, length, at = _element_head(data, at, open_layouts[-1])
        if tag in (ITEM_END, SEQUENCE_END):
            open_layouts.pop()
        elif length == UNDEFINED_LENGTH:
            open_layouts.append(Layout(True, False) if vr == b"UN" else open_layouts[-1])
        else:
            at += length
        walked = _counted(walked, tag)
    return at, walked
