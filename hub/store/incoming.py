"""A file on its way into the vault: a draft until it is sealed, and locked by its writer."""

import fcntl
import mmap
import os
from pathlib import Path

from hub.errors import NotKept
from hub.store.write_back import write_back

#: So many bytes cost less past the page cache than through it, fewer cost more (`benchmarks/README.md`).
PAST_CACHE = 256 * 1024


class IncomingFile:
    """A draft that only its process writes.

    It is locked until it is closed, however its process ends, so that whoever sweeps up after a crash can
    tell what a living process still writes, or has sealed and not yet indexed, from what nobody owns.
    """

    def __init__(self, draft: str, folder: str, key: str) -> None:
        """Open an empty draft of `key` in `folder`. Raises NotKept when the disk does not take it."""
        self.key = key
        self._draft, self._folder, self._final = draft, folder, f"{folder}/{key}"
        self._sealed = False
        try:
            self._descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _not_kept(error) from error
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def write(self, data: bytes | memoryview, at: int) -> None:
        """Write `data` at the offset `at`. Raises NotKept."""
        view = memoryview(data)
        try:
            while view:
                count = os.pwrite(self._descriptor, view, at)
                view, at = view[count:], at + count
        except OSError as error:
            raise _not_kept(error) from error

    def write_whole(self, data: memoryview, count: int) -> None:
        """Write the whole file: the first `count` bytes of `data`, which begins with a page. Raises NotKept.

        Of a larger one the full pages go past the page cache where the file system knows how to.
        """
        pages = count - count % mmap.PAGESIZE
        begun = self._write_past_cache(data[:pages]) if pages >= PAST_CACHE else 0
        self.write(data[begun:count], begun)

    def _write_past_cache(self, data: memoryview) -> int:
        """Return how much of `data` was written so; what the disk refuses, `write` tries again and says."""
        try:
            fcntl.fcntl(self._descriptor, fcntl.F_SETFL, os.O_DIRECT)
            return os.pwrite(self._descriptor, data, 0)
        except OSError:
            return 0
        finally:
            fcntl.fcntl(self._descriptor, fcntl.F_SETFL, 0)

    def write_back(self, at: int, count: int) -> None:
        """Let the disk begin with what was written there: sealing waits the less."""
        write_back(self._descriptor, at, count)

    def seal(self) -> str:
        """Make the file durable under its final name and return its key.

        Raises NotKept when the disk is full, read-only or failing; nothing of the file stays then.
        """
        try:
            os.fsync(self._descriptor)
            os.rename(self._draft, self._final)
            self._sealed = True
            sync_folder(self._folder)
        except OSError as error:
            self.discard()
            raise _not_kept(error) from error
        return self.key

    def rewrite(self, data: bytes, at: int) -> None:
        """Write over what a sealed file has, durably. Raises NotKept."""
        self.write(data, at)
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise _not_kept(error) from error

    def fileno(self) -> int:
        """Return the descriptor, for looking at what was written."""
        return self._descriptor

    def close(self) -> None:
        """Give the file up to whoever names it: it is written, and its row with it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def discard(self) -> None:
        """Remove the file, whatever it was; not being able to is no reason to stop."""
        try:
            os.unlink(self._final if self._sealed else self._draft)
        except OSError:
            pass
        finally:
            self.close()


def is_owned(path: Path) -> bool:
    """Tell whether a living process still writes this file, or is about to index it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)


def sync_folder(path: Path | str) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _not_kept(error: OSError) -> NotKept:
    return NotKept(f"the file could not be kept: {os.strerror(error.errno or 0)}")
