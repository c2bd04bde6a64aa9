"""Which studies the receiving processes of a hub bring just now, and whether each of them was brought whole.

Whoever brings a study holds a lock, which the kernel takes back by itself, and is counted until all of it has
come: what is left of a count says that somebody broke off or was killed. Studies that share a place by chance
wait for each other. Where a file system knows no such locks, studies settle by their quiet time alone.
"""

import fcntl
import hashlib
import os
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from hub.store import Store

#: A place is one count in the file.
PLACES, COUNT = 2**22, struct.Struct("<I")
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
        return _is_held(descriptor, _place(site, study_instance_uid))
    finally:
        os.close(descriptor)


class SharedStudies:
    """What the associations of this process bring, one call at a time; the locks belong to this object."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._mine: Counter[int] = Counter()

    def hold(self, site: str, study_instance_uid: str) -> bool:
        """Say that an association brings a study; False where that cannot be said to the others."""
        place = _place(site, study_instance_uid)
        try:
            with self._alone(place):
                is_first = not self._mine[place] and not _is_held(self._descriptor, place)
                self._write(place, 1 if is_first else self._read(place) + 1)
                self._lock(fcntl.F_RDLCK, place)
        except OSError as error:
            log.warning("what is brought is not shared", kind=error.strerror)
            return False
        self._mine[place] += 1
        return True

    def release(self, site: str, study_instance_uid: str) -> bool:
        """Say that an association brought all it had; tell whether everybody did who brought the study."""
        place = _place(site, study_instance_uid)
        try:
            with self._alone(place):
                left = self._read(place) - 1
                self._write(place, left)
                self._leave(place)
        except OSError as error:
            log.warning("what was brought is not shared", kind=error.strerror)
            return False
        return left == 0

    def break_off(self, site: str, study_instance_uid: str) -> None:
        """Say that an association ended that had more to bring: the study is not whole with the others."""
        try:
            self._leave(_place(site, study_instance_uid))
        except OSError as error:
            log.warning("what was brought is not shared", kind=error.strerror)

    def close(self) -> None:
        """Give every study up."""
        os.close(self._descriptor)
        self._descriptor = -1

    def _leave(self, place: int) -> None:
        self._mine[place] -= 1
        if not self._mine[place]:
            del self._mine[place]
            self._lock(fcntl.F_UNLCK, place)

    @contextmanager
    def _alone(self, place: int) -> Iterator[None]:
        """Keep the other processes from a place's count."""
        turn = PLACES + place
        fcntl.fcntl(self._descriptor, fcntl.F_OFD_SETLKW, _flock(fcntl.F_WRLCK, turn))
        try:
            yield
        finally:
            self._lock(fcntl.F_UNLCK, turn)

    def _lock(self, kind: int, place: int) -> None:
        fcntl.fcntl(self._descriptor, fcntl.F_OFD_SETLK, _flock(kind, place))

    def _read(self, place: int) -> int:
        found = os.pread(self._descriptor, COUNT.size, place * COUNT.size)
        return int(COUNT.unpack(found)[0]) if found else 0

    def _write(self, place: int, count: int) -> None:
        os.pwrite(self._descriptor, COUNT.pack(count), place * COUNT.size)


def _is_held(descriptor: int, place: int) -> bool:
    """Tell whether anybody but this open file holds a place."""
    try:
        found = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _flock(fcntl.F_WRLCK, place))
    except OSError:
        return False
    return bool(struct.unpack(FLOCK, found)[0] != fcntl.F_UNLCK)


def _flock(kind: int, place: int) -> bytes:
    return struct.pack(FLOCK, kind, os.SEEK_SET, place * COUNT.size, COUNT.size, 0)


def _place(site: str, study_instance_uid: str) -> int:
    digest = hashlib.sha256(f"{site}\0{study_instance_uid}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % PLACES
