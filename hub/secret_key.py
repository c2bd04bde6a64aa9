"""Secrets of this hub: random, made once, kept 0600 in the data folder."""

import os
import secrets
from pathlib import Path

from hub.errors import SetupFault

SECRET_FILE = "secret.key"
SECRET_BYTES = 32


def secret_key(data_dir: Path) -> str:
    """Return the hub's secret in hexadecimal; made at random on first use.

    Raises SetupFault where others may read the file, or it holds no secret.
    """
    path = data_dir / SECRET_FILE
    if not path.exists():
        _make(path)
    if path.stat().st_mode & 0o077:
        raise SetupFault(f"{path} can be read by others; make it 0600 and change what it protected")
    secret = path.read_text("ascii").strip()
    if len(secret) < 2 * SECRET_BYTES:
        raise SetupFault(f"{path} holds no secret; remove it and start again (everybody logs in anew)")
    return secret


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as written:
        written.write(secrets.token_hex(SECRET_BYTES) + "\n")
        written.flush()
        os.fsync(written.fileno())
    try:
        # A link fails where another process was first: then its secret is the secret.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
