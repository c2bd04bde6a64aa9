"""Which studies the receiving processes of a hub bring just now: locks that the kernel takes back by itself.

Where a file system knows no such locks nothing is held, and studies settle by their quiet time alone.
"""

import fcntl
import hashlib
import os
import struct
from pathlib import Path

import structlog

from hub.store import Store

#: One lock is one byte of the file, far beyond its end.
LARGEST_OFFSET = 2**62
#: `struct flock` of a 64-bit Linux: type, whence, start, length, process.
FLOCK = "hhqqi4x"

log = structlog.get_logger("dicom.shared_studies")


def place_of(store: Store) -> Path:
    """Return where the processes of a hub say what they bring."""
    return store.bells.parent / "receiving"


def is_brought(path: Path, site: str, study_instance_uid: str) -> bool:
    """Tell whether any process brings a study; without a receiver none does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return _is_held(descriptor, _offset(site, study_instance_uid))
    finally:
        os.close(descriptor)


class SharedStudies:
    """A study is held while an association brings it; the locks belong to this object."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def hold(self, site: str, study_instance_uid: str) -> None:
        """Say that a study is brought."""
        self._lock(fcntl.F_RDLCK, _offset(site, study_instance_uid))

    def release(self, site: str, study_instance_uid: str) -> bool:
        """Say that it is brought no more; tell whether nobody else brings it."""
        offset = _offset(site, study_instance_uid)
        self._lock(fcntl.F_UNLCK, offset)
        return not _is_held(self._descriptor, offset)

    def close(self) -> None:
        """Give every study up."""
        os.close(self._descriptor)

    def _lock(self, kind: int, offset: int) -> None:
        try:
            fcntl.fcntl(self._descriptor, fcntl.F_OFD_SETLK, _flock(kind, offset))
        except OSError as error:
            log.warning("what is brought is not shared", kind=error.strerror)


def _is_held(descriptor: int, offset: int) -> bool:
    """Tell whether anybody but this open file holds the byte."""
    try:
        found = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _flock(fcntl.F_WRLCK, offset))
    except OSError:
        return False
    return bool(struct.unpack(FLOCK, found)[0] != fcntl.F_UNLCK)


def _flock(kind: int, offset: int) -> bytes:
    return struct.pack(FLOCK, kind, os.SEEK_SET, offset, 1, 0)


def _offset(site: str, study_instance_uid: str) -> int:
    digest = hashlib.sha256(f"{site}\0{study_instance_uid}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % LARGEST_OFFSET
