"""How a request to decode and its answer stand in a pipe: facts as JSON, then bytes."""

import json
import struct
from typing import IO, Any

LENGTHS = struct.Struct("<LQ")

Message = tuple[dict[str, Any], bytes]


def write_message(stream: IO[bytes], facts: dict[str, Any], payload: bytes | memoryview) -> None:
    """Write one message whole. Raises OSError when nobody reads any more."""
    head = json.dumps(facts).encode()
    stream.write(LENGTHS.pack(len(head), len(payload)) + head)
    stream.write(payload)
    stream.flush()


def read_message(stream: IO[bytes]) -> Message | None:
    """Return the next message, or None when the other side ended before it was whole."""
    lengths = stream.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    head_length, length = LENGTHS.unpack(lengths)
    head, payload = stream.read(head_length), stream.read(length)
    return (json.loads(head), payload) if len(head) + len(payload) == head_length + length else None
