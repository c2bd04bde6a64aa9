"""Files as PS3.10 lays them out: a head of our own before the data set's bytes as they were received."""

import hashlib
import json
import struct
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from blake3 import blake3

from dicom.elements import (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    Buffer,
    Cut,
    Element,
    Layout,
    layout_of,
    top_elements,
)
from dicom.errors import Unreadable

#: Ours, each made once from a random UUID (PS3.5 B.2).
IMPLEMENTATION_CLASS_UID = "2.25.284481386065731681919926054740219749457"
PRIVATE_CREATOR_UID = "2.25.89213657652384185419407837614749420272"
IMPLEMENTATION_VERSION_NAME = "READING_HUB"

PREAMBLE = bytes(128) + b"DICM"  # PS3.10 7.1
META_LAYOUT = Layout(little=True, explicit=True)
GROUP_LENGTH, TRANSFER_SYNTAX_UID = 0x00020000, 0x00020010
PRIVATE_INFORMATION = 0x00020102
LONGEST_META = 1024 * 1024
BLOCK = 1024 * 1024


_SORTED = json.JSONEncoder(sort_keys=True).encode


class Digest(Protocol):
    """What takes bytes part by part. BLAKE3 needs a third of the time of SHA-256, on old processors less."""

    def update(self, data: bytes, /) -> object:
        """Take the next part."""

    def hexdigest(self) -> str:
        """Return the digest of all parts in 64 hex digits."""


class Place(NamedTuple):
    """Where a file's data set begins, and the transfer syntax it is said or seen to be in."""

    offset: int
    transfer_syntax: str


def part10_head(
    sop_class: str, sop_instance: str, transfer_syntax: str, private: dict[str, Any], room: int = 0
) -> bytes:
    """Return preamble and file meta information for a data set that is written behind it unchanged.

    `private` is kept as JSON beside the data set, so that its row can be rebuilt from the file alone; its
    `calling_ae` and `called_ae` are also written as the standard's application entity titles. The JSON takes
    `room` bytes or more, so that a head whose receipt is known only later has a length that is known before.
    """
    titles = str(private.get("calling_ae", "")), str(private.get("called_ae", ""))
    before, between = _head_parts(sop_class, transfer_syntax, *titles)
    instance = _element(0x0003, b"UI", sop_instance.encode("ascii", "replace"))
    meta = before + instance + between + _element(0x0102, b"OB", information(private).ljust(room))
    return PREAMBLE + _element(0x0000, b"UL", struct.pack("<L", len(meta))) + meta


@lru_cache(maxsize=256)
def _head_parts(sop_class: str, transfer_syntax: str, calling_ae: str, called_ae: str) -> tuple[bytes, bytes]:
    """Return the elements before the instance's UID and those between it and the private information."""
    before = (
        _element(0x0001, b"OB", b"\0\1"),
        _element(0x0002, b"UI", sop_class.encode("ascii", "replace")),
    )
    between = (
        _element(0x0010, b"UI", transfer_syntax.encode("ascii", "replace")),
        _element(0x0012, b"UI", IMPLEMENTATION_CLASS_UID.encode()),
        _element(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME.encode()),
        _element(0x0016, b"AE", calling_ae.encode("ascii", "replace")[:16]),
        _element(0x0018, b"AE", called_ae.encode("ascii", "replace")[:16]),
        _element(0x0100, b"UI", PRIVATE_CREATOR_UID.encode()),
    )
    return b"".join(before), b"".join(between)


def information(private: dict[str, Any]) -> bytes:
    """Return what `part10_head` writes of `private`."""
    return _SORTED(private).encode()


def read_receipt(path: Path) -> dict[str, Any]:
    """Return what `part10_head` was given as `private`. Raises Unreadable for a file that is not ours."""
    for element in _meta(_start_of(path)):
        if element.tag == PRIVATE_INFORMATION:
            try:
                receipt = json.loads(element.value.rstrip(b"\0 "))
            except ValueError:
                break
            if isinstance(receipt, dict):
                return receipt
    raise Unreadable("the file carries no receipt of this hub")


def dataset_offset(path: Path) -> int:
    """Return where the data set begins. Raises Unreadable when the file is no Part 10 file."""
    place = data_set_place(_start_of(path))
    if place.offset == 0:
        raise Unreadable("the file has no DICOM file meta information")
    return place.offset


def content_digest(path: Path, digest: Digest | None = None) -> str:
    """Return the BLAKE3, in hex, of the data set's bytes without preamble and file meta information."""
    digest = digest or blake3()
    with path.open("rb") as file:
        file.seek(dataset_offset(path))
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def has_digest(path: Path, said: str) -> bool:
    """Tell whether the data set still has its digest; that of the oldest files is a SHA-256."""
    return content_digest(path) == said or content_digest(path, hashlib.sha256()) == said


def data_set_place(content: Buffer) -> Place:
    """Return where the data set begins in a file's bytes, also where preamble or meta are missing."""
    meta = _meta(content)
    if not meta:
        start = _meta_start(content) or 0
        return Place(start, _seen_syntax(content[start : start + 16]))
    syntaxes = [
        e.value.strip(b"\0 ").decode("ascii", "replace") for e in meta if e.tag == TRANSFER_SYNTAX_UID
    ]
    end = meta[-1].end
    return Place(end, "".join(syntaxes[:1]) or _seen_syntax(content[end : end + 16]))


def _meta(content: Buffer) -> list[Element]:
    """Return the elements of group 0002, up to where its length says if an element ends there.

    A data set may begin with group 0002 elements of its own: they are the sender's and no part of the head.
    """
    found: list[Element] = []
    at, limit = _meta_start(content), -1
    while at is not None and at != limit and content[at : at + 2] == b"\2\0":
        try:
            element = next(top_elements(content, META_LAYOUT, at))
        except (Cut, StopIteration):
            break
        found.append(element)
        at = element.end
        if element.tag == GROUP_LENGTH:
            limit = at + int.from_bytes(element.value, "little")
    return found


def _meta_start(content: Buffer) -> int | None:
    for magic_at in (128, 0):
        if content[magic_at : magic_at + 4] == b"DICM":
            return magic_at + 4
    return 0 if content[:2] == b"\2\0" else None


def _seen_syntax(data: Buffer) -> str:
    return EXPLICIT_LITTLE if layout_of(data, IMPLICIT_LITTLE).explicit else IMPLICIT_LITTLE


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LONGEST_META)


def _element(number: int, vr: bytes, value: bytes) -> bytes:
    """Return one explicit element of group 0002, padded to even length (PS3.5 7.1.2)."""
    if len(value) % 2:
        value += b"\0" if vr in (b"UI", b"OB") else b" "
    form = "<HH2sxxL" if vr == b"OB" else "<HH2sH"
    return struct.pack(form, 2, number, vr, len(value)) + value
