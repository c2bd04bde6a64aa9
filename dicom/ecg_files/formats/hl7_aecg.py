"""HL7 annotated ECG, the XML of drug trials."""

from pathlib import Path

from ecgdatakit.parsing.parsers.hl7_aecg import HL7aECGParser as Parser

from dicom.ecg_files.foreign import ForeignEcg
from dicom.ecg_files.kit import read_with_kit

NAME, SUFFIX, ORDER = "HL7 aECG", ".xml", 50
_NOWHERE = Path("ecg.xml")


def claims(head: bytes) -> bool:
    """Tell by a file's first bytes whether it is of this format."""
    return Parser.can_parse(_NOWHERE, head)


def read(path: Path) -> ForeignEcg:
    """Return the ECG in the file."""
    return read_with_kit(Parser, path, NAME)
