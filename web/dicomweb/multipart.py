"""Answers of several parts (RFC 2387), sent as they are read."""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeVar

from flask import Response, request
from werkzeug.wsgi import wrap_file

BLOCK = 256 * 1024
Content = bytes | Path | Iterator[bytes]
Piece = TypeVar("Piece")


@dataclass(frozen=True)
class Part:
    """One part: its media type, and its bytes, the file that holds them, or the pieces that make them up."""

    content_type: str
    content: Content


def multipart(parts: Iterable[Part], kind: str) -> Response:
    """Return `parts` as multipart/related of `kind`."""
    boundary = secrets.token_hex(16)
    response = Response(_lines(parts, boundary))
    response.headers["Content-Type"] = f'multipart/related; type="{kind}"; boundary={boundary}'
    return response


def begun(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Return `pieces` with the first one made, so that what it raises is answered for.

    The others are made while they are sent; one that cannot be made cuts the answer off.
    """
    first = next(pieces)
    return chain([first], pieces)


def alone(content: Content, kind: str) -> Response:
    """Return one object without parts around it; a file is handed to the server as a file."""
    if not isinstance(content, Path):
        return Response(content, mimetype=kind)
    file = content.open("rb")
    response = Response(wrap_file(request.environ, file, BLOCK), mimetype=kind, direct_passthrough=True)
    response.content_length = content.stat().st_size
    return response


def _lines(parts: Iterable[Part], boundary: str) -> Iterator[bytes]:
    for part in parts:
        yield f"--{boundary}\r\nContent-Type: {part.content_type}\r\n\r\n".encode()
        yield from blocks(part.content)
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def blocks(content: Content) -> Iterator[bytes]:
    """Yield the content in pieces, so that a long file is never held whole."""
    if not isinstance(content, Path):
        yield from [content] if isinstance(content, bytes) else content
        return
    with content.open("rb") as file:
        while block := file.read(BLOCK):
            yield block
