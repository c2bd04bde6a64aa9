"""Small files beside the database, for its owner only, replaced whole and durable when the call returns."""

import os
import secrets
from pathlib import Path


def keep_private(path: Path, text: str) -> None:
    """Replace `path` by `text`, mode 0600: after a crash it holds the old text or the new, never half of one.

    Raises OSError when the disk does not take it.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as writing:
            writing.write(text)
            writing.flush()
            os.fsync(writing.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
