"""The folder for sockets: inside the data folder, or a short private one when that path is too long."""

import hashlib
import os
import tempfile
from pathlib import Path

from hub.errors import SetupFault

#: sun_path holds 108 bytes on Linux; names of up to 20 bytes go below the folder.
LONGEST_FOLDER = 80


def run_folder(data_dir: Path) -> Path:
    """Return the 0700 folder for this hub's sockets, made if missing.

    Raises SetupFault when the short folder exists and belongs to somebody else.
    """
    folder = data_dir / "run"
    if len(os.fsencode(folder)) > LONGEST_FOLDER:
        name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"readhub-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or folder.is_symlink():
        raise SetupFault(f"{folder} belongs to another user; remove it or choose a shorter --data")
    folder.chmod(0o700)
    return folder
