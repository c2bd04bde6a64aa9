"""Log files of bounded size: a long one is copied beside itself and cut."""

import os
import shutil
from pathlib import Path

LARGEST_LOG = 16 * 1024 * 1024


def keep_short(path: Path, largest: int = LARGEST_LOG) -> None:
    """Move the content of `path` to `path`.1 where it is larger than `largest` bytes.

    Writers append to the open file and go on; a line written in between may be lost. A full disk is no
    reason to stop: then the old lines go.
    """
    try:
        if path.stat().st_size <= largest:
            return
        _copy_aside(path)
        os.truncate(path, 0)
    except OSError:
        return


def _copy_aside(path: Path) -> None:
    kept = path.with_name(f"{path.name}.1")
    try:
        shutil.copyfile(path, kept)
        kept.chmod(0o600)
    except OSError:
        kept.unlink(missing_ok=True)
