"""What a client says it takes (PS3.18 8.3.3, 8.7): media types, and transfer syntaxes within them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flask import abort, request

#: Media types of compressed frames by transfer syntax (PS3.18 table 8.7.3-5).
FRAME_TYPES = {
    "1.2.840.10008.1.2.5": "image/dicom-rle",
    "1.2.840.10008.1.2.4.50": "image/jpeg",
    "1.2.840.10008.1.2.4.51": "image/jpeg",
    "1.2.840.10008.1.2.4.57": "image/jpeg",
    "1.2.840.10008.1.2.4.70": "image/jpeg",
    "1.2.840.10008.1.2.4.80": "image/jls",
    "1.2.840.10008.1.2.4.81": "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    "1.2.840.10008.1.2.4.91": "image/jp2",
    "1.2.840.10008.1.2.4.201": "image/jphc",
    "1.2.840.10008.1.2.4.202": "image/jphc",
    "1.2.840.10008.1.2.4.203": "image/jphc",
}
OCTETS = "application/octet-stream"
JSON = "application/dicom+json"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
LONGEST_HEADER = 4096


@dataclass(frozen=True)
class Range:
    """One entry of an Accept header: the type of each part, and the transfer syntax if one is named."""

    media_type: str
    syntax: str
    multipart: bool


def accepted(*offered: str) -> str:
    """Return what this request takes: by its `accept` parameter, or by its header (PS3.18 8.7.8.1).

    The header counts where the parameter names none of the media types that are `offered`.
    """
    wished, header = request.args.get("accept", ""), request.headers.get("Accept")
    return wished if wished and (header is None or takes(wished, *offered)) else header or ""


def must_take_json() -> None:
    """Answer 406 to who takes neither of the two names of the JSON in which attributes are given."""
    names = JSON, "application/json"
    if not takes(accepted(*names), *names):
        abort(406)


def ranges(header: str) -> list[Range]:
    """Return the entries of an Accept header; none at all means anything."""
    entries = re.findall(r'(?:[^,"]|"[^"]*")+', header[:LONGEST_HEADER])
    return [_range(entry) for entry in entries] or [Range("*/*", "", multipart=False)]


def takes(header: str, *media_types: str) -> bool:
    """Tell whether the client takes one of `media_types`, as a part or alone."""
    return any(_matches(one.media_type, wanted) for one in ranges(header) for wanted in media_types)


def asked_kinds(header: str) -> frozenset[str]:
    """Return the media types that a client names, without its wildcards."""
    return frozenset(one.media_type for one in ranges(header) if "*" not in one.media_type)


def takes_alone(header: str, media_type: str) -> bool:
    """Tell whether the client asks first of all for `media_type` without multipart around it."""
    first = ranges(header)[0]
    return not first.multipart and first.media_type == media_type


def wished_syntax(header: str, media_type: str, offered: Sequence[str]) -> str:
    """Return the first transfer syntax of `offered` that a client names for `media_type`, or an empty text.

    One that names none, or any, takes objects as they are stored.
    """
    for one in ranges(header):
        if _matches(one.media_type, media_type) and one.syntax in offered:
            return one.syntax
    return ""


def named_syntaxes(header: str, media_type: str) -> frozenset[str]:
    """Return every transfer syntax that a client names for `media_type`; * stands for any, as does none."""
    return frozenset(one.syntax or "*" for one in ranges(header) if _matches(one.media_type, media_type))


def takes_as_stored(header: str, syntax: str) -> bool:
    """Tell whether the client takes frames in the transfer syntax in which they are stored."""
    own = FRAME_TYPES.get(syntax, OCTETS)
    for one in ranges(header):
        if one.syntax in ("*", syntax) and _matches(one.media_type, own, OCTETS):
            return True
        if one.media_type == own != OCTETS and one.syntax == "":
            return True
    return False


def _range(entry: str) -> Range:
    media_type, *parameters = (part.strip() for part in re.findall(r'(?:[^;"]|"[^"]*")+', entry))
    said = {
        name.strip().lower(): value.strip().strip('"')
        for name, _, value in (parameter.partition("=") for parameter in parameters)
    }
    multipart = media_type.lower() == "multipart/related"
    kind = said.get("type", "*/*") if multipart else media_type
    return Range(kind.lower(), said.get("transfer-syntax", ""), multipart)


def _matches(taken: str, *offered: str) -> bool:
    if taken == "*/*":
        return True
    return any(taken == one or taken == f"{one.partition('/')[0]}/*" for one in offered)
