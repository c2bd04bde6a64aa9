"""The head put before received bytes: foreign readers accept it, and the row can be rebuilt from it."""

import struct
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pydicom
import pytest
from blake3 import blake3

from dicom.errors import Unreadable
from dicom.part10 import content_digest, dataset_offset, has_digest, part10_head, read_receipt

RECEIPT = {
    "site": 7, "calling_ae": "CLINIC1", "called_ae": "READHUB",
    "received_at": "2026-11-05T03:04:05.678901+00:00", "kept_aside": "",
}  # fmt: skip
EXPLICIT = "1.2.840.10008.1.2.1"
CT = "1.2.840.10008.5.1.4.1.1.2"


def explicit_ct(pack: list[tuple[Path, dict[str, str]]]) -> Path:
    return next(
        path for path, row in pack if row["category"] == "image_ct" and row["transfer_syntax"] == EXPLICIT
    )


@pytest.fixture
def received(pack: list[tuple[Path, dict[str, str]]]) -> tuple[bytes, str]:
    """A CT's data set as it comes over an association, and its SOP Instance UID."""
    path = explicit_ct(pack)
    return path.read_bytes()[dataset_offset(path) :], pydicom.dcmread(path).SOPInstanceUID


@pytest.fixture
def kept(received: tuple[bytes, str], tmp_path: Path) -> Path:
    path = tmp_path / "kept.dcm"
    path.write_bytes(part10_head(CT, received[1], "1.2.840.10008.1.2.1", RECEIPT) + received[0])
    return path


def test_the_receipt_comes_back_from_the_file(kept: Path) -> None:
    assert read_receipt(kept) == RECEIPT


def test_the_digest_is_that_of_the_received_bytes(kept: Path, received: tuple[bytes, str]) -> None:
    assert content_digest(kept) == blake3(received[0]).hexdigest()
    assert kept.read_bytes()[dataset_offset(kept) :] == received[0]


def test_the_digest_does_not_depend_on_the_receipt(received: tuple[bytes, str], tmp_path: Path) -> None:
    digests = set()
    for site in (1, 2):
        path = tmp_path / f"{site}.dcm"
        head = part10_head(CT, received[1], "1.2.840.10008.1.2.1", RECEIPT | {"site": site})
        path.write_bytes(head + received[0])
        digests.add(content_digest(path))
    assert len(digests) == 1


def test_foreign_readers_accept_the_head(kept: Path, verdict: Callable[..., str]) -> None:
    shown = verdict("dcmdump", kept, "+P", "0002,0016", "+P", "0002,0018", "+P", "0002,0100")
    assert "[CLINIC1]" in shown and "[READHUB]" in shown and "2.25." in shown
    assert not [line for line in shown.splitlines() if line.startswith(("E:", "W:"))]
    assert pydicom.dcmread(kept).file_meta.SourceApplicationEntityTitle == "CLINIC1"


def test_a_sender_cannot_forge_a_receipt_with_meta_elements_of_its_own(tmp_path: Path) -> None:
    forged = struct.pack("<HH2sxxL", 2, 0x0102, b"OB", 12) + b'{"site": 99}'
    path = tmp_path / "forged.dcm"
    path.write_bytes(part10_head(CT, "1.2.3", "1.2.840.10008.1.2.1", RECEIPT) + forged)
    assert read_receipt(path) == RECEIPT
    assert content_digest(path) == blake3(forged).hexdigest()


def test_a_strange_uid_does_not_break_the_head(tmp_path: Path) -> None:
    path = tmp_path / "strange.dcm"
    path.write_bytes(part10_head(CT, "../x", "1.2.840.10008.1.2.1", RECEIPT) + b"data")
    assert path.read_bytes()[dataset_offset(path) :] == b"data"


def test_a_file_that_is_not_ours_has_no_receipt(pack: list[tuple[Path, dict[str, str]]]) -> None:
    path = explicit_ct(pack)
    with pytest.raises(Unreadable):
        read_receipt(path)


def test_the_oldest_files_are_known_by_their_sha_256(tmp_path: Path) -> None:
    path = tmp_path / "one.dcm"
    path.write_bytes(part10_head("1.2", "1.2.3", "1.2.840.10008.1.2.1", {}) + b"content")
    assert has_digest(path, blake3(b"content").hexdigest())
    assert has_digest(path, sha256(b"content").hexdigest())
    assert not has_digest(path, sha256(b"contents").hexdigest())
