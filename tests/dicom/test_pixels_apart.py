"""A broken or hostile object costs a sentence, never the process that opened it."""

import os
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest

from dicom import decode_apart
from dicom.elements import DEFLATED, EXPLICIT_LITTLE
from dicom.errors import NotAPicture, Unreadable
from dicom.load import load_dataset
from dicom.part10 import part10_head
from dicom.pixels import shown_pixels

Pack = list[tuple[Path, dict[str, str]]]
#: On a 12-bit JPEG that claims this many bits GDCM 3.2.6 ends its process.
DEADLY_BITS = 1034


@pytest.fixture
def compressed(pack: Pack) -> Path:
    return next(path for path, row in pack if row["transfer_syntax"] == "1.2.840.10008.1.2.4.70"
                and row["category"] == "image_ct")  # fmt: skip


@pytest.fixture
def lossy12(pack: Pack) -> Path:
    return next(path for path, _ in pack if path.name == "dtf__JPLY_RG3_JPLY")


def test_a_frame_that_ends_its_decoder_ends_nobody_else(lossy12: Path) -> None:
    broken = load_dataset(lossy12)
    broken.BitsStored = DEADLY_BITS
    with pytest.raises(NotAPicture, match="decoder broke"):
        shown_pixels(broken)
    assert shown_pixels(load_dataset(lossy12)).max() > 100


def test_a_decoder_that_was_killed_while_idle_is_replaced(compressed: Path) -> None:
    first = shown_pixels(load_dataset(compressed))
    for child in decode_apart._idle:
        child.kill()
        child.wait()
    assert np.array_equal(first, shown_pixels(load_dataset(compressed)))


def test_a_decoder_that_takes_too_long_is_ended(compressed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode_apart, "FRAME_SECONDS", 0.0)
    monkeypatch.setattr(decode_apart, "_idle", [])
    with pytest.raises(NotAPicture, match="decoder broke"):
        shown_pixels(load_dataset(compressed))


def test_a_forked_process_starts_a_decoder_of_its_own(compressed: Path) -> None:
    shown_pixels(load_dataset(compressed))
    forked = os.fork()
    if forked == 0:
        fine = not decode_apart._idle and shown_pixels(load_dataset(compressed)).size > 0
        os._exit(0 if fine else 1)
    assert os.waitpid(forked, 0)[1] == 0
    assert shown_pixels(load_dataset(compressed)).size > 0


def test_a_deflate_bomb_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicom.load.INFLATED_LIMIT", 8 * 1024 * 1024)
    packer = zlib.compressobj(9, wbits=-15)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(64)) + packer.flush()
    path = tmp_path / "bomb.dcm"
    path.write_bytes(part10_head("1.2", "1.2.3", DEFLATED, {}) + bomb)
    with pytest.raises(Unreadable, match="larger than 8 MiB"):
        load_dataset(path)


def test_a_thousand_nested_sequences_are_a_sentence(tmp_path: Path) -> None:
    sequence = struct.pack("<HH2sxxL", 0x0008, 0x1140, b"SQ", 0xFFFFFFFF)
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    path = tmp_path / "deep.dcm"
    path.write_bytes(part10_head("1.2", "1.2.3", EXPLICIT_LITTLE, {}) + (sequence + item) * 3000)
    with pytest.raises(Unreadable, match="nested too deeply"):
        load_dataset(path)


def test_mutated_objects_are_shown_or_refused(pack: Pack, tmp_path: Path) -> None:
    chance = np.random.default_rng(11)
    originals = [path.read_bytes() for path, row in pack
                 if row["category"].startswith("image_") and int(row["bytes"]) < 200_000]  # fmt: skip
    path, started, tried = tmp_path / "mutated.dcm", time.monotonic(), 0
    while tried < 150 and time.monotonic() - started < 20:
        mutated = bytearray(originals[chance.integers(len(originals))])
        for place in chance.integers(132, len(mutated), 8):
            mutated[place] = chance.integers(256)
        path.write_bytes(mutated)
        tried += 1
        try:
            assert shown_pixels(load_dataset(path)).dtype == np.uint8
        except (NotAPicture, Unreadable) as sentence:
            assert str(sentence)
    assert tried > 20
