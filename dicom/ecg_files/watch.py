"""The watch folders: one per site, in which an electrocardiograph or its computer leaves its files.

A file is taken when it is complete, then moved to `done` or, with the reason beside it, to `refused`. It
is moved only after it was kept, so that an end at any moment loses nothing: taken again, it adds nothing.
"""

import fcntl
import os
import re
import signal
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from dicom.ecg_files.apart import LARGEST_FILE
from dicom.ecg_files.refusals import refusal_text
from dicom.ecg_files.take import FileOrigin, FileTaker
from dicom.ecg_files.ways import WATCH
from hub.errors import NotKept
from hub.settings import Settings
from hub.store import Store, audit, open_store
from hub.store.sites import all_sites

#: How often the folders are looked at, and how long a file must have been unchanged.
LOOK_SECONDS, QUIET_SECONDS = 1.0, 2.0
#: What a writer renames when it has finished.
UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart", "~")
DONE, REFUSED = "done", "refused"
PLAIN = re.compile(r"[\w-][\w.-]{0,63}")

log = structlog.get_logger("watch")

Seen = tuple[int, int, int]


def run(settings: Settings) -> None:
    """Look until told to stop by SIGTERM or SIGINT; the main thread only."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: told.set())
    store = open_store(settings)
    watch = Watch(store)
    while not told.wait(LOOK_SECONDS):
        try:
            watch.look()
        except (SQLAlchemyError, NotKept, OSError) as error:
            log.warning("the watch folders wait", kind=type(error).__name__)
    store.close()


def watch_folder(settings: Settings) -> Path:
    """Return the folder that holds one folder per site."""
    return settings.watch_dir or settings.data_dir / "watch"


def folder_name(site_id: int, name: str) -> str:
    """Return the site's folder: its name where that is plain, never a path."""
    return name if PLAIN.fullmatch(name) else f"site-{site_id}"


@dataclass
class Watch:
    """What is known of the files that wait: how each looked, and since when."""

    store: Store
    seen: dict[Path, tuple[Seen, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._taker = FileTaker(self.store)

    def look(self) -> int:
        """Take every file that is complete by now; return how many were moved away."""
        with self.store.reading() as session:
            sites = {folder_name(site.id, site.name): site.name for site in all_sites(session) if site.active}
        moved, present = 0, set()
        for name, site in sites.items():
            folder = watch_folder(self.store.settings) / name
            for below in (folder, folder / DONE, folder / REFUSED):
                below.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in _waiting(folder):
                present.add(path)
                moved += self._move_if_complete(path, site)
        self.seen = {path: before for path, before in self.seen.items() if path in present}
        return moved

    def _move_if_complete(self, path: Path, site: str) -> bool:
        """Take one file; what is wrong with it alone must not hold up the others."""
        try:
            return self._is_complete(path) and self._move(path, site)
        except OSError as error:
            log.warning("a file stays in its watch folder", site=site, kind=type(error).__name__)
            return False

    def _is_complete(self, path: Path) -> bool:
        """Whether nobody writes to it: unchanged for a while, and no process holds it open for writing."""
        found = path.lstat()
        now_seen = (found.st_size, found.st_mtime_ns, found.st_ino)
        before, since = self.seen.get(path, (None, 0.0))
        if before != now_seen:
            self.seen[path] = (now_seen, time.monotonic())
            return False
        return time.monotonic() - since >= QUIET_SECONDS and not _is_being_written(path)

    def _move(self, path: Path, site: str) -> bool:
        content = _content(path)
        entry = audit.entry("import", "ecg-file", site=site, detail="by watch folder")
        taken = self._taker.take(content, FileOrigin(site, WATCH), entry)
        target = path.parent / (REFUSED if taken.outcome == "refused" else DONE)
        kept_as = target / f"{time.strftime('%Y%m%dT%H%M%S')}-{taken.digest[:8]}-{path.name[-100:]}"
        if taken.outcome == "refused":
            sentences = [refusal_text(taken.reason, taken.detail, language) for language in ("zh", "en")]
            kept_as.with_name(f"{kept_as.name}.txt").write_text("\n".join(sentences) + "\n", "utf-8")
        os.rename(path, kept_as)
        return True


def _waiting(folder: Path) -> Iterator[Path]:
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        unfinished = entry.name.startswith(".") or entry.name.lower().endswith(UNFINISHED)
        if not unfinished and entry.is_file(follow_symlinks=False):
            yield Path(entry.path)


def _content(path: Path) -> bytes:
    """Return the file's bytes, one more than the limit of a larger one; never those behind a link."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("not a file")
        return file.read(LARGEST_FILE + 1)


def _is_being_written(path: Path) -> bool:
    """A read lease is granted only while nobody has the file open for writing (fcntl(2)).

    Where this process may take no lease (another owner's file, a network share) the quiet time decides.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return True
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return False
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
