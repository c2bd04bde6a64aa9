"""The compressed loop looked at last, kept open: a viewer asks for hundreds of frames of one file."""

import threading
from pathlib import Path

from pydicom import Dataset

from dicom.decoding import frame_count
from dicom.one_frame import holding_frame

#: A larger file is read anew for every frame rather than held.
MOST_BYTES = 192 * 1024 * 1024

_lock = threading.Lock()
_held: "tuple[tuple[str, int, int], Dataset] | None" = None


def opened(path: Path, frame: int) -> tuple[Dataset, int]:
    """Return an object that holds frame `frame` of `path`, counted from 0, and its number in there.

    Of uncompressed loops only the frame is read; a compressed one is held until another is asked for: one
    object at most in a process, of MOST_BYTES at most. Raises as `holding_frame` does.
    """
    global _held
    status = path.stat()
    key = (str(path), status.st_mtime_ns, status.st_size)
    with _lock:
        if _held is not None and _held[0] == key:
            return _held[1], frame
    dataset, index = holding_frame(path, frame)
    if frame_count(dataset) > 1 and status.st_size <= MOST_BYTES:
        with _lock:
            _held = (key, dataset)
    return dataset, index
