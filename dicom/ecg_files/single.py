"""An ECG file read where it lies, without a hub; a WFDB header with its data beside it."""

import io
import zipfile
from pathlib import Path

from dicom.ecg_files.apart import LARGEST_FILE, check_size, read_ecg_bytes
from dicom.ecg_files.foreign import ForeignEcg
from dicom.ecg_files.refusals import NotImported

WFDB_HEADER = ".hea"


def read_ecg_path(path: Path) -> ForeignEcg:
    """Return the ECG in the file at `path`. Raises NotImported with a sentence."""
    check_size(path.stat().st_size)
    return read_ecg_bytes(_archived(path) if path.suffix.lower() == WFDB_HEADER else path.read_bytes())


def _archived(header: Path) -> bytes:
    """Return a WFDB record as the archive in which it would be uploaded."""
    packed = io.BytesIO()
    size = 0
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(header.parent.glob(f"{header.stem}.*")):
            size += path.stat().st_size
            if size > LARGEST_FILE:
                raise NotImported("too-large", f"{LARGEST_FILE >> 20} MiB")
            archive.write(path, path.name)
    return packed.getvalue()
