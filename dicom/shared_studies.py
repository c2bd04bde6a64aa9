"""Which studies the receiving processes of a hub still bring: locks that the kernel takes back by itself."""

import fcntl
import hashlib
import os
from pathlib import Path

#: One lock is one byte of the file, far beyond its end; POSIX locks belong to a process, not to a thread.
LARGEST_OFFSET = 2**62


class SharedStudies:
    """A study is held while an association of this process brings it."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def hold(self, site: str, study_instance_uid: str) -> None:
        """Say that this process brings a study."""
        fcntl.lockf(
            self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB, 1, _offset(site, study_instance_uid)
        )  # fmt: skip

    def release(self, site: str, study_instance_uid: str) -> bool:
        """Say that this process brings it no more; tell whether no other process does."""
        offset = _offset(site, study_instance_uid)
        fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, offset)
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset)
        except OSError:
            return False
        fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, offset)
        return True


def _offset(site: str, study_instance_uid: str) -> int:
    digest = hashlib.sha256(f"{site}\0{study_instance_uid}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % LARGEST_OFFSET
