"""WFDB (PhysioNet): a .hea and its .dat, in one ZIP archive, since neither says anything alone."""

import re
import zipfile
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from ecgdatakit.parsing.parsers.wfdb import WFDBParser

from dicom.ecg_files.foreign import ForeignEcg
from dicom.ecg_files.kit import read_with_kit
from dicom.ecg_files.refusals import NotImported

NAME, SUFFIX, ORDER = "WFDB", ".zip", 10
MOST_FILES, LARGEST_UNPACKED = 16, 64 * 1024 * 1024
PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}")


def claims(head: bytes) -> bool:
    """Tell by a file's first bytes whether it is an archive; no other format here is one."""
    return head.startswith(b"PK\x03\x04")


def read(path: Path) -> ForeignEcg:
    """Return the record in the archive."""
    with TemporaryDirectory(dir=path.parent) as folder:
        header = _unpack(path, Path(folder))
        _check_references(header)
        return read_with_kit(WFDBParser, header, NAME)


def _unpack(archive: Path, folder: Path) -> Path:
    """Write the archive's files under their bare names, within bounds, and return the one header."""
    try:
        with zipfile.ZipFile(archive) as packed:
            members = [member for member in packed.infolist() if not member.is_dir()]
            total = sum(member.file_size for member in members)
            if len(members) > MOST_FILES or total > LARGEST_UNPACKED:
                raise NotImported("archive")
            for member in members:
                name = PurePosixPath(member.filename).name
                if not PLAIN.fullmatch(name):
                    raise NotImported("archive")
                (folder / name).write_bytes(packed.read(member))
    # NotImplementedError is how zipfile refuses a method of packing that it does not know.
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, ValueError):
        raise NotImported("broken", NAME) from None
    headers = sorted(folder.glob("*.hea"))
    if len(headers) != 1:
        raise NotImported("archive")
    return headers[0]


def _check_references(header: Path) -> None:
    """Every file that the header names must lie beside it: no other file of this machine is samples."""
    lines = [line for line in header.read_text("latin-1").splitlines() if line.strip() and line[0] != "#"]
    for line in lines[1:]:
        name = line.split()[0]
        if name != "~" and (not PLAIN.fullmatch(name) or not (header.parent / name).is_file()):
            raise NotImported("archive")
    if "/" in (lines[0].split()[0] if lines else ""):
        raise NotImported("archive")
