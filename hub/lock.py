"""The lock of the data folder: one hub at a time, and a dead one's lock is nobody's."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.errors import SetupFault

SUPERVISOR_LOCK = "hub.lock"
#: Held by every child and grandchild through the descriptor they inherit.
FAMILY_LOCK = "family.lock"
#: Children are killed with their supervisor; this is what the kernel may need for it.
FAMILY_SECONDS = 10.0
#: `holder_of` takes the lock for an instant; a hub that starts just then waits this long.
ASIDE_SECONDS = 0.2


@contextmanager
def hold_data_folder(data_dir: Path) -> Iterator[int]:
    """Make `data_dir` ours (0700) and hold it; gives the descriptor that every child must inherit.

    The kernel gives a lock back when its holder ends, however it ends, so a stale file means nothing.
    Raises SetupFault naming the process that holds the folder.
    """
    private_folder(data_dir)
    supervisor = _open(data_dir / SUPERVISOR_LOCK)
    family = _open(data_dir / FAMILY_LOCK)
    try:
        if not _take_within(supervisor, ASIDE_SECONDS):
            holder = os.pread(supervisor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise SetupFault(f"a hub is already running on {data_dir} (process {holder}); stop it first")
        os.ftruncate(supervisor, 0)
        os.pwrite(supervisor, f"{os.getpid()}\n".encode(), 0)
        if not _take_within(family, FAMILY_SECONDS):
            raise SetupFault(f"processes of a former hub still run on {data_dir}; end them first")
        yield family
    finally:
        os.close(supervisor)
        os.close(family)


def private_folder(folder: Path) -> None:
    """Make `folder` with its parents, readable by its owner only.

    Raises SetupFault where that is not allowed.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise SetupFault(f"cannot use the data folder {folder}: {error.strerror}") from None


def holder_of(data_dir: Path) -> int | None:
    """Return the process id of the hub that runs on `data_dir`, or None where none runs."""
    try:
        held = os.open(data_dir / SUPERVISOR_LOCK, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        return int(os.pread(held, 32, 0) or b"0")
    finally:
        os.close(held)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _take_within(descriptor: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > until:
                return False
        time.sleep(0.02)
