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

DATABASE = "hub.sqlite3"
#: Checkable without the hub by `sha256sum --check`.
DIGESTS = "SHA256SUMS"
#: What another start makes again, or what is not yet acknowledged.
LEFT_OUT = (
    "broker", "run", "logs", "incoming", "hub.lock", "family.lock", "sites.lock",
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
    if target.is_relative_to(settings.data_dir):
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

    Raises Refused where the folder holds a hub, or a file is missing or not the one that was backed up.
    """
    if _database(settings).exists() or (settings.data_dir / "files").exists():
        raise Refused(f"{settings.data_dir} holds a hub already; restore into an empty folder")
    digests = _read_digests(source / DIGESTS)
    with hold_data_folder(settings.data_dir):
        for name in sorted(digests, key=lambda name: name == DATABASE):
            if not (source / name).is_file():
                raise Refused(f"{source / name} is missing")
            if _copy(source / name, settings.data_dir / name) != digests[name]:
                raise Refused(f"{source / name} is not the file that was backed up")
        _check_database(settings.data_dir / DATABASE)
        os.sync()
    return f"{len(digests)} files restored into {settings.data_dir}"


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
    with closing(sqlite3.connect(path)) as restored:
        found = restored.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise Refused(f"the restored database is damaged: {found}")
