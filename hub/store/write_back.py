"""Letting the disk begin early with what a file was given: sync_file_range(2), which Python does not have."""

import ctypes
from collections.abc import Callable

#: linux/fs.h: begin to write the range; wait for nothing.
WRITE = 2


def _found() -> Callable[[int, int, int, int], int] | None:
    try:
        call = ctypes.CDLL(None).sync_file_range
    except (AttributeError, OSError):  # another system: an fsync at the end does it all
        return None
    call.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    call.restype = ctypes.c_int
    return call  # type: ignore[no-any-return]


_CALL = _found()


def write_back(descriptor: int, at: int, count: int) -> None:
    """Begin to write `count` bytes at the offset `at`; the fsync, still needed, tells whether that worked."""
    if _CALL is not None:
        _CALL(descriptor, at, count, WRITE)
