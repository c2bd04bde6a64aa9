"""What a part of the hub says of itself while it runs, by hand or under `readhub up`: where it listens."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hub.lock import private_folder

#: Files of this folder are made anew by every start; a backup leaves it out.
FOLDER, PREFIX = "run", "part-"
#: The name of a part and an address.
LONGEST_SAID = 400


@dataclass(frozen=True)
class Part:
    """A part that runs: its process, the word it is started by, and HOST:PORT where it listens."""

    process: int
    name: str
    address: str


@contextmanager
def hold_part(data_dir: Path, name: str, address: str) -> Iterator[None]:
    """Say, as long as this process runs, that it is the part `name` and listens at `address`.

    The kernel gives the lock back when the process ends, however it ends; a file without one means nothing.
    """
    private_folder(data_dir)
    folder = data_dir / FOLDER
    private_folder(folder)
    _forget_ended(folder)
    process = os.getpid()
    path = folder / f"{PREFIX}{process}"
    draft = path.with_suffix(".new")
    held = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        os.pwrite(held, f"{name} {address}\n".encode(), 0)
        draft.rename(path)
        yield
    finally:
        if os.getpid() == process:  # a forked child ends here too, and holds nothing
            path.unlink(missing_ok=True)
        os.close(held)


def running_parts(data_dir: Path) -> list[Part]:
    """Return the parts that run on `data_dir`, on this machine or on another that shares it."""
    found = [(path, _said(path)) for path in _files(data_dir / FOLDER)]
    return [
        Part(int(path.name.removeprefix(PREFIX)), *said.split(" ", 1)) for path, said in found if said
    ]  # fmt: skip


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob(f"{PREFIX}*") if path.name.removeprefix(PREFIX).isdigit())


def _said(path: Path) -> str:
    """Return what the process that holds a file wrote into it; nothing where it has ended."""
    try:
        held = os.open(path, os.O_RDONLY)
    except OSError:
        return ""
    try:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return ""
    except BlockingIOError:
        return os.pread(held, LONGEST_SAID, 0).decode("utf-8", "replace").strip()
    finally:
        os.close(held)


def _forget_ended(folder: Path) -> None:
    """Remove what killed processes left behind."""
    for path in _files(folder):
        if not _said(path):
            with suppress(OSError):
                path.unlink()
