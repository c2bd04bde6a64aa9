"""Files, each written once under a name of our own and never changed."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from hub.errors import NotKept
from hub.store.incoming import IncomingFile, is_owned, sync_folder

#: Files are spread over 256 folders, all made at the start, so that keeping one fsyncs one folder.
SHARDS = tuple(f"{number:02x}" for number in range(256))


class Vault:
    """A folder of files named by random keys; no name ever comes from outside."""

    def __init__(self, folder: Path, incoming: Path) -> None:
        """Make the folders (0700) where they are missing and fsync what was made."""
        self._folder = folder
        self._incoming = incoming
        for path in (folder, incoming):
            _make_folder(path)
        with os.scandir(folder) as found:
            there = {one.name for one in found if one.is_dir()}
        missing = [shard for shard in SHARDS if shard not in there]
        for shard in missing:
            (folder / shard).mkdir(mode=0o700, exist_ok=True)
        if missing:
            sync_folder(folder)

    def begin(self) -> IncomingFile:
        """Return an empty file that `seal` takes in. Raises NotKept when the disk does not take it."""
        key = new_key()
        return IncomingFile(f"{self._incoming}/{key}", f"{self._folder}/{key[:2]}", key)

    def keep(self, *parts: bytes | memoryview) -> str:
        """Write `parts` as one file, durable under its final name, and return its key.

        Raises NotKept when the disk is full, read-only or failing; nothing of the file stays then.
        """
        file, at = self.begin(), 0
        try:
            for part in parts:
                file.write(part, at)
                at += len(part)
            file.seal()
        except NotKept:
            file.discard()
            raise
        file.close()
        return file.key

    def path(self, key: str) -> Path:
        """Return where the file of `key` lies."""
        if len(key) != 32 or not all(ch in "0123456789abcdef" for ch in key):
            raise ValueError("not a key of this vault")
        return self._folder / key[:2] / key

    def read(self, key: str) -> bytes:
        """Return the file's bytes."""
        return self.path(key).read_bytes()

    def keys(self) -> Iterator[str]:
        """Yield every key in the vault, folder by folder."""
        for shard in SHARDS:
            yield from sorted(entry.name for entry in os.scandir(self._folder / shard))

    def discard(self, key: str) -> None:
        """Remove a file that no row names (a re-send that turned out to be the same)."""
        self.path(key).unlink(missing_ok=True)

    def is_owned(self, key: str) -> bool:
        """Tell whether a living process has sealed this file and not yet finished with it."""
        return is_owned(self.path(key))

    def sweep_incoming(self) -> int:
        """Remove half-written files that a crash left behind; none of them was acknowledged."""
        left = [path for path in self._incoming.iterdir() if not is_owned(path)]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)


def new_key() -> str:
    """Return a new random key of 32 hex digits."""
    return secrets.token_hex(16)


def _make_folder(path: Path) -> None:
    if not path.is_dir():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(path.parent)
