"""Backup and restore: the database first, then every file that its rows can name."""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from hub.errors import Refused
from hub.lock import hold_data_folder, private_folder
from hub.settings import Settings
from hub.store.embedded import BACKUP_MARK

DATABASE = "hub.sqlite3"
#: Checkable without the hub by `sha256sum --check`.
DIGESTS = BACKUP_MARK
#: Where a backup lies while it is brought in: what stands beside it is whole.
DRAFT = ".restoring"
#: What another start makes again, or what is not yet acknowledged.
LEFT_OUT = (
    DRAFT, "broker", "run", "logs", "incoming", "hub.lock", "family.lock", "sites.lock",
    # Newer than the database in the backup: its trail would look cut off.
    "audit-anchor.json",
)  # fmt: skip
CHUNK = 1024 * 1024


def back_up(settings: Settings, target: Path) -> str:
    """Write a consistent copy of the hub, also of a running one, into the new folder `target`.

    A row is committed only after its file is durable, and files are never changed: so the database as it
    was at one instant, then the files, have everything that was acknowledged before that instant.
    Raises Refused where `target` exists or lies in the data folder, or the database is not an embedded one.
    """
    database = _database(settings)
    if not database.is_file():
        raise Refused(f"there is no hub in {settings.data_dir}")
    if target.exists():
        raise Refused(f"{target} exists already; name a new folder")
    if target.resolve().is_relative_to(settings.data_dir.resolve()):
        raise Refused(f"{target} lies in the data folder, which it would copy; name a folder elsewhere")
    draft = target.with_name(f".{target.name}.unfinished")
    if draft.exists():
        shutil.rmtree(draft)
    private_folder(draft)
    _copy_database(database, draft / DATABASE)
    digests = {DATABASE: _digest(draft / DATABASE)}
    for name in _files(settings.data_dir):
        try:
            digests[name] = _copy(settings.data_dir / name, draft / name)
        except FileNotFoundError:  # a re-send that was found to be the same has just been dropped
            continue
    _write_digests(draft / DIGESTS, digests)
    os.sync()
    draft.rename(target)
    return f"{len(digests)} files of {settings.data_dir} are in {target}"


def restore(settings: Settings, source: Path) -> str:
    """Bring a backup into the empty data folder of `settings`, checking every file on the way.

    Raises Refused where the folder holds a hub, or a file is missing or not the one that was backed up; then
    the folder is as empty as it was.
    """
    if _database(settings).exists() or (settings.data_dir / "files").exists():
        raise Refused(f"{settings.data_dir} holds a hub already; restore into an empty folder")
    digests = _read_digests(source / DIGESTS)
    with hold_data_folder(settings.data_dir):
        draft = settings.data_dir / DRAFT
        shutil.rmtree(draft, ignore_errors=True)
        try:
            for name, digest in digests.items():
                path = source / name
                _expect(path, digest, _copy(path, draft / name) if path.is_file() else "")
            _check_database(draft / DATABASE)
            os.sync()
            for one in sorted(draft.iterdir(), key=lambda path: path.name == DATABASE):
                one.rename(settings.data_dir / one.name)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        os.sync()
    return f"{len(digests)} files restored into {settings.data_dir}"


def is_backup(folder: Path) -> bool:
    """Tell whether a folder is a finished backup."""
    return (folder / DIGESTS).is_file()


def check(source: Path) -> str:
    """Compare every file of a backup with its digest, altering nothing. Raises Refused where one differs."""
    digests = _read_digests(source / DIGESTS)
    for name, digest in digests.items():
        path = source / name
        _expect(path, digest, _digest(path) if path.is_file() else "")
    _check_database(source / DATABASE)
    return f"{len(digests)} files of the backup {source} are as they were backed up"


def _expect(path: Path, digest: str, found: str) -> None:
    if not found:
        raise Refused(f"{path} is missing")
    if found != digest:
        raise Refused(f"{path} is not the file that was backed up")


def _database(settings: Settings) -> Path:
    if not settings.url.startswith("sqlite"):
        raise Refused(
            "this hub's database is a server: back it up with its own tool, and the data folder beside it"
        )
    return settings.data_dir / DATABASE


def _files(data_dir: Path) -> Iterator[str]:
    for place, folders, names in os.walk(data_dir):
        here = Path(place)
        if here == data_dir:
            folders[:] = [name for name in folders if name not in LEFT_OUT]
            names = [name for name in names if name not in LEFT_OUT and not name.startswith(DATABASE)]
        yield from (str((here / name).relative_to(data_dir)) for name in names if (here / name).is_file())


def _copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        # The copy must be one file: without this it would keep the log of the live one's mode.
        copy.execute("PRAGMA journal_mode=DELETE")
    target.chmod(0o600)


def _copy(source: Path, target: Path) -> str:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    try:
        with (
            source.open("rb") as read,
            open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out,
        ):
            while chunk := read.read(CHUNK):
                digest.update(chunk)
                out.write(chunk)
    except FileNotFoundError:
        target.unlink(missing_ok=True)
        raise
    except OSError as error:
        raise Refused(f"{source} could not be copied: {error.strerror}") from None
    return digest.hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as read:
        return hashlib.file_digest(read, "sha256").hexdigest()


def _write_digests(path: Path, digests: dict[str, str]) -> None:
    path.write_text("".join(f"{digest}  {name}\n" for name, digest in digests.items()), "utf-8")


def _read_digests(path: Path) -> dict[str, str]:
    if not path.is_file():
        raise Refused(f"{path.parent} is no finished backup: it has no {DIGESTS}")
    lines = [line.partition("  ") for line in path.read_text("utf-8").splitlines()]
    names = {name: digest for digest, _, name in lines}
    if any(Path(name).is_absolute() or ".." in Path(name).parts for name in names):
        raise Refused(f"{path} names files outside of the backup")
    return names


def _check_database(path: Path) -> None:
    address = f"{path.absolute().as_uri()}?immutable=1"  # nothing is written beside it
    with closing(sqlite3.connect(address, uri=True)) as restored:
        found = restored.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise Refused(f"the database of the backup is damaged: {found}")
