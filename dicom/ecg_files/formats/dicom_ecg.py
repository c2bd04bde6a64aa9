"""A DICOM ECG in a file: it is one already, and is kept as it is."""

from pathlib import Path

from dicom.ecg_files.foreign import ForeignEcg
from dicom.ecg_files.refusals import NotImported
from dicom.errors import NotAnEcg, Unreadable
from dicom.load import load_dataset
from dicom.waveform import ecg_record

NAME, SUFFIX, ORDER = "DICOM", ".dcm", 0


def claims(head: bytes) -> bool:
    """Tell by a file's first bytes whether it is a DICOM file (PS3.10 7.1)."""
    return head[128:132] == b"DICM"


def read(path: Path) -> ForeignEcg:
    """Return the ECG in the file."""
    try:
        return ForeignEcg(NAME, ecg_record(load_dataset(path)))
    except NotImported:
        raise
    except NotAnEcg:
        raise NotImported("not-an-ecg") from None
    except Unreadable:
        raise NotImported("unreadable-dicom") from None
