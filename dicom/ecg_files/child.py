"""The process in which one ECG file is read: a broken one ends it, and nobody else."""

import os
import resource
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from dicom.decode_messages import read_message, write_message
from dicom.ecg_files.apart import facts_of
from dicom.ecg_files.refusals import NotImported
from dicom.ecg_files.registry import read_ecg_file

#: A parser that wants more than this has met a file that lies.
MEMORY_LIMIT = 2 * 1024**3
SECONDS = 20


def main() -> None:
    """Read one file's bytes from standard input and answer with the ECG or why there is none."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a parser prints is no answer
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    request = read_message(sys.stdin.buffer)
    if request is None:
        return
    try:
        with TemporaryDirectory(prefix="readhub-ecg-") as folder:
            path = Path(folder, "ecg")
            path.write_bytes(request[1])
            ecg = read_ecg_file(path)
    except NotImported as refusal:
        write_message(answers, {"refused": [refusal.key, refusal.detail]}, b"")
        return
    except (MemoryError, RecursionError):
        write_message(answers, {"refused": ["took-too-long", ""]}, b"")
        return
    samples = np.ascontiguousarray(ecg.record.microvolts, "<f4")
    write_message(answers, facts_of(ecg), samples.data.cast("B"))


if __name__ == "__main__":
    main()
