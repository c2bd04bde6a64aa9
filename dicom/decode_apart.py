"""Compressed frames decoded in a process of their own: some decoders end their process on a broken one."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from dicom.decode_messages import read_message, write_message
from dicom.errors import NotAPicture

HOUSE = Path(__file__).resolve().parent.parent
FRAME_SECONDS = 60.0

_turns = threading.BoundedSemaphore(os.cpu_count() or 2)
_idle: list[subprocess.Popen[bytes]] = []


def decoded_apart(encoded: bytes, syntax: str, options: dict[str, Any]) -> tuple[np.ndarray, str]:
    """Return the samples of one encoded frame and the colours they are now in.

    `options` are those of pydicom's decoders. Raises NotAPicture when no decoder can do it, when the
    decoder broke, or when it took longer than FRAME_SECONDS.
    """
    with _turns:
        child = _take()
        answer = _ask(child, {"syntax": syntax, "options": options}, encoded)
        if answer is None:
            child.kill()
            child.wait()
            raise NotAPicture("the pixels cannot be decoded: the decoder broke on the compressed frame")
        _idle.append(child)
    facts, payload = answer
    if "error" in facts:
        raise NotAPicture(f"the pixels cannot be decoded: {facts['error']}")
    return np.frombuffer(payload, facts["dtype"]).reshape(facts["shape"]), facts["photometric"]


def _ask(child: subprocess.Popen[bytes], facts: dict[str, Any], encoded: bytes) -> Any:
    """Return the child's answer; None when it ended or was ended for taking too long."""
    patience = threading.Timer(FRAME_SECONDS, child.kill)
    patience.start()
    try:
        write_message(cast(IO[bytes], child.stdin), facts, encoded)
        return read_message(cast(IO[bytes], child.stdout))
    except OSError:
        return None
    finally:
        patience.cancel()


def _take() -> "subprocess.Popen[bytes]":
    """Return an idle child that still lives, else a new one."""
    while _idle:
        child = _idle.pop()
        if child.poll() is None:
            return child
    return subprocess.Popen(
        [sys.executable, "-m", "dicom.decode_child"],
        cwd=HOUSE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _forget() -> None:
    """A forked process must not speak into its parent's pipes, nor hold them open."""
    global _turns
    _turns = threading.BoundedSemaphore(os.cpu_count() or 2)
    for child in _idle:
        for stream in (child.stdin, child.stdout):
            os.close(cast(IO[bytes], stream).fileno())
    _idle.clear()


os.register_at_fork(after_in_child=_forget)
