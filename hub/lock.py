"""The lock of the data folder: one hub at a time, and a dead one's lock is nobody's."""

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
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
#: A process id and a few addresses.
LONGEST_SAID = 4096


@contextmanager
def hold_data_folder(data_dir: Path, serving: Mapping[str, str] | None = None) -> Iterator[int]:
    """Make `data_dir` ours (0700) and hold it; gives the descriptor that every child must inherit.

    `serving` names the addresses at which its holder will listen, by purpose, for who asks (`serving_of`).
    The kernel gives a lock back when its holder ends, however it ends, so a stale file means nothing.
    Raises SetupFault naming the process that holds the folder.
    """
    private_folder(data_dir)
    supervisor = _open(data_dir / SUPERVISOR_LOCK)
    family = _open(data_dir / FAMILY_LOCK)
    try:
        if not _take_within(supervisor, ASIDE_SECONDS):
            holder = next(iter(_lines(supervisor)), "unknown")
            raise SetupFault(f"a hub is already running on {data_dir} (process {holder}); stop it first")
        os.ftruncate(supervisor, 0)
        said = [str(os.getpid()), *(f"{name} {address}" for name, address in (serving or {}).items())]
        os.pwrite(supervisor, "".join(f"{line}\n" for line in said).encode(), 0)
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
    said = _said_by_holder(data_dir)
    return None if said is None else int(next(iter(said), "0"))


def serving_of(data_dir: Path) -> dict[str, str]:
    """Return the addresses at which the hub that runs on `data_dir` listens, by purpose, as HOST:PORT."""
    return dict(line.split(" ", 1) for line in (_said_by_holder(data_dir) or [])[1:])


def _said_by_holder(data_dir: Path) -> list[str] | None:
    try:
        held = os.open(data_dir / SUPERVISOR_LOCK, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        return _lines(held)
    finally:
        os.close(held)


def _lines(descriptor: int) -> list[str]:
    return os.pread(descriptor, LONGEST_SAID, 0).decode("utf-8", "replace").splitlines()


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
