"""The multi-frame object looked at last, kept open: a loop asks for hundreds of frames of one file."""

import threading
from pathlib import Path

from pydicom import Dataset

from dicom.load import load_dataset

#: A larger file is read anew for every frame rather than held.
MOST_BYTES = 192 * 1024 * 1024

_lock = threading.Lock()
_held: "tuple[tuple[str, int, int], Dataset] | None" = None


def opened(path: Path) -> Dataset:
    """Return the object in `path`; one with several frames is held until another is asked for.

    One object at most is held by a process, of MOST_BYTES at most. Raises as `load_dataset` does.
    """
    global _held
    status = path.stat()
    key = (str(path), status.st_mtime_ns, status.st_size)
    with _lock:
        if _held is not None and _held[0] == key:
            return _held[1]
    dataset = load_dataset(path)
    if int(dataset.get("NumberOfFrames") or 1) > 1 and status.st_size <= MOST_BYTES:
        with _lock:
            _held = (key, dataset)
    return dataset
