"""SCP-ECG (EN 1064): what most electrocardiographs can export."""

from pathlib import Path

from ecgdatakit.parsing.parsers.scp_ecg import SCPECGParser as Parser

from dicom.ecg_files.foreign import ForeignEcg
from dicom.ecg_files.kit import read_with_kit

NAME, SUFFIX, ORDER = "SCP-ECG", ".scp", 30
_NOWHERE = Path("ecg.scp")


def claims(head: bytes) -> bool:
    """Tell by a file's first bytes whether it is of this format."""
    return Parser.can_parse(_NOWHERE, head)


def read(path: Path) -> ForeignEcg:
    """Return the ECG in the file."""
    return read_with_kit(Parser, path, NAME)
