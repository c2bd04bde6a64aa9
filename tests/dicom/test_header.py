"""What the index reads of an object, whoever sent it and however broken it is."""

import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicom import elements
from dicom.elements import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE
from dicom.errors import Unreadable
from dicom.header import WANTED, Header, header_of_file, read_header
from dicom.part10 import dataset_offset
from hub.domain.person_name import ShownName

SYNTAXES = (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED)
ROOMS = {"study": "1.2.3", "series": "1.2.3.4", "instance": "1.2.3.4.5"}


def element(tag: int, vr: bytes, value: bytes, order: str = "<") -> bytes:
    value += b" " * (len(value) % 2)
    return struct.pack(order + "HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


def implicit(tag: int, value: bytes) -> bytes:
    value += b" " * (len(value) % 2)
    return struct.pack("<HHL", tag >> 16, tag & 0xFFFF, len(value)) + value


def data_set(*more: tuple[int, bytes, bytes], order: str = "<") -> bytes:
    """A small CT header, explicit, with `more` elements in the place that their tags demand."""
    elements = {
        0x00080016: (b"UI", b"1.2.840.10008.5.1.4.1.1.2"),
        0x00080018: (b"UI", ROOMS["instance"].encode()),
        0x00080060: (b"CS", b"CT"),
        0x0020000D: (b"UI", ROOMS["study"].encode()),
        0x0020000E: (b"UI", ROOMS["series"].encode()),
        0x00280010: (b"US", struct.pack(order + "H", 512)),
    } | {tag: (vr, value) for tag, vr, value in more}
    return b"".join(element(tag, *elements[tag], order) for tag in sorted(elements))


def test_every_file_of_the_pack_gives_a_header_or_a_sentence(pack: list[tuple[Path, dict[str, str]]]) -> None:
    refused = {}
    for path, _ in pack:
        try:
            header = header_of_file(path)
        except Unreadable as sentence:
            refused[path.name] = str(sentence)
            continue
        assert header.sop_instance_uid and header.study_instance_uid and header.series_instance_uid
        assert "\0" not in repr(header.patient_name.text + header.patient_id + header.study_description)
    assert all("missing or empty" in why or "characters" in why for why in refused.values())
    assert len(refused) < 40


def test_the_quick_walk_finds_what_the_general_one_finds(
    pack: list[tuple[Path, dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of beginnings of the pack's files, and with bytes of theirs changed (seeded)."""
    seed, quickly, walks = Random(20261127), elements._quickly, 0
    for path, _ in pack:
        content = path.read_bytes()
        try:
            start = content[dataset_offset(path) :][:20_000]
        except Unreadable:
            start = content[:20_000]
        for turn in range(6):
            data = bytearray(start[: seed.randrange(len(start) + 1)] if turn % 2 else start)
            for _ in range(turn if data else 0):
                data[seed.randrange(len(data))] = seed.randrange(256)
            found, general = (_walked(bytes(data), how, monkeypatch) for how in (quickly, lambda *_: None))
            assert found == general
            walks += quickly(bytes(data), WANTED, max(WANTED)) is not None
    assert walks > len(pack), "most of them are quick"


def _walked(data: bytes, how: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setattr(elements, "_quickly", how)
    return elements.first_elements(data, elements.EXPLICIT_LITTLE_LAYOUT, WANTED)


def test_the_pack_is_read_as_its_manifest_says(pack: list[tuple[Path, dict[str, str]]]) -> None:
    read = 0
    for path, row in pack:
        try:
            header = header_of_file(path)
        except Unreadable:
            continue
        read += 1
        if row["rows"]:
            assert (header.rows, header.columns) == (int(row["rows"]), int(row["cols"])), path.name
        if row["modality"]:
            assert header.modality == row["modality"], path.name
    assert read > 360


def test_names_of_the_pack_in_fifteen_character_sets_are_read(
    pack: list[tuple[Path, dict[str, str]]],
) -> None:
    names = {path.name: header_of_file(path).patient_name for path, row in pack
             if "_chr" in path.name and "SQ" not in path.name}  # fmt: skip
    assert names["pydicom__charset_files_chrX1.dcm"] == ShownName("王小東")
    assert names["pydicom__charset_files_chrX2.dcm"] == ShownName("王小东")
    assert names["pydicom__charset_files_chrH32.dcm"] == ShownName("山田太郎")
    assert names["pydicom__charset_files_chrI2.dcm"] == ShownName("洪吉洞")
    assert names["pydicom__charset_files_chrGerm.dcm"] == ShownName("Äneas Rüdiger")
    assert names["pydicom__charset_files_chrRuss.dcm"] == ShownName("Люкceмбypг")
    assert names["pydicom__charset_files_chrJapMulti.dcm"] == ShownName("やまだたろう")


@pytest.mark.parametrize("declared", [b"", b"ISO_IR 100", b"ISO_IR 192", b"NO SUCH SET"])
def test_gbk_bytes_under_a_wrong_or_missing_character_set_are_a_guess(declared: bytes) -> None:
    raw = "张智宏".encode("gbk")
    more = [(0x00080005, b"CS", declared)] if declared else []
    header = read_header(data_set((0x00100010, b"PN", raw), *more), EXPLICIT_LITTLE)
    assert header.patient_name == ShownName("张智宏", guessed=True)
    assert header.patient_name_raw == raw


@pytest.mark.parametrize("declared", [b"GB18030", b"GBK", b"\\ISO 2022 IR 58"])
def test_gbk_bytes_under_their_own_name_are_no_guess(declared: bytes) -> None:
    raw = "Zhang^San=张^三".encode("gb18030")
    header = read_header(data_set((0x00100010, b"PN", raw), (0x00080005, b"CS", declared)), EXPLICIT_LITTLE)
    assert header.patient_name == ShownName("张三")


def test_rare_characters_survive_in_utf_8_and_gb18030() -> None:
    for declared, codec in ((b"ISO_IR 192", "utf-8"), (b"GB18030", "gb18030")):
        data = data_set((0x00080005, b"CS", declared), (0x00100010, b"PN", "㑇䶮㙦𬭊𫠊".encode(codec)))
        assert read_header(data, EXPLICIT_LITTLE).patient_name == ShownName("㑇䶮㙦𬭊𫠊")


def test_utf_8_under_latin_1_is_a_guess_and_not_other_chinese() -> None:
    data = data_set((0x00080005, b"CS", b"ISO_IR 100"), (0x00100010, b"PN", "张三".encode()))
    assert read_header(data, EXPLICIT_LITTLE).patient_name == ShownName("张三", guessed=True)


def test_escape_sequences_of_iso_2022_are_followed() -> None:
    raw = b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab"
    data = data_set((0x00080005, b"CS", b"\\ISO 2022 IR 58"), (0x00100010, b"PN", raw))
    assert read_header(data, EXPLICIT_LITTLE).patient_name == ShownName("张小东")


@pytest.mark.parametrize(
    ("text", "codec", "declared", "shown"),
    [
        ("胸部CT平扫（增强）", "gbk", b"", "胸部CT平扫（增强）"),
        ("胸部CT平扫", "gbk", b"ISO_IR 100", "胸部CT平扫"),
        ("Thorax für Größe", "latin-1", b"ISO_IR 100", "Thorax für Größe"),
        ("胸部正位", "utf-8", b"", "胸部正位"),
        ("Crâne", "latin-1", b"", "Cr\ufffdne"),
    ],
)
def test_descriptions_follow_the_same_guess(text: str, codec: str, declared: bytes, shown: str) -> None:
    more = [(0x00080005, b"CS", declared)] if declared else []
    header = read_header(data_set((0x00081030, b"LO", text.encode(codec)), *more), EXPLICIT_LITTLE)
    assert header.study_description == shown


@pytest.mark.parametrize(
    ("tag", "named"),
    [(0x00080018, "(0008,0018)"), (0x0020000D, "(0020,000D)"), (0x0020000E, "(0020,000E)")],
)
def test_a_missing_uid_is_named(tag: int, named: str) -> None:
    with pytest.raises(Unreadable, match=named.replace("(", r"\(").replace(")", r"\)")):
        read_header(data_set((tag, b"UI", b"")), EXPLICIT_LITTLE)


@pytest.mark.parametrize("uid", [b"../../etc/passwd", b"1." + b"2" * 64, b"1.2..3", b"1.2 3", b"1.02.3"])
def test_a_uid_that_breaks_the_rules_is_kept_and_said(uid: bytes) -> None:
    header = read_header(data_set((0x00080018, b"UI", uid)), EXPLICIT_LITTLE)
    assert header.sop_instance_uid == uid.decode()
    assert "SOPInstanceUID" in header.uid_fault


def test_a_uid_that_no_column_holds_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="160 characters"):
        read_header(data_set((0x0020000D, b"UI", b"1." * 80)), EXPLICIT_LITTLE)


def test_two_over_long_patient_ids_stay_two() -> None:
    first, second = (
        read_header(data_set((0x00100020, b"LO", b"9" * 80 + last)), EXPLICIT_LITTLE).patient_id
        for last in (b"1", b"2")
    )
    assert first != second and len(first) == len(second) == 64


def test_texts_fit_their_columns_and_hold_no_nul() -> None:
    header = read_header(
        data_set((0x00081030, b"LO", b"x" * 500), (0x00100010, b"PN", b"A\0B" + b"y" * 2000)), EXPLICIT_LITTLE
    )
    assert len(header.study_description) == 128 and "study_description is cut" in header.faults
    assert len(header.patient_name.text) <= 324 and "\0" not in header.patient_name.text


def test_big_endian_implicit_and_deflated_read_the_same() -> None:
    plain = data_set()
    big = data_set(order=">")
    packer = zlib.compressobj(wbits=-15)
    deflated = packer.compress(plain) + packer.flush()
    without_vr = b"".join(
        implicit(tag, value)
        for tag, value in (
            (0x00080016, b"1.2.840.10008.5.1.4.1.1.2"), (0x00080018, b"1.2.3.4.5"), (0x00080060, b"CT"),
            (0x0020000D, b"1.2.3"), (0x0020000E, b"1.2.3.4"), (0x00280010, struct.pack("<H", 512)),
        )
    )  # fmt: skip
    read = [
        read_header(data, syntax)
        for data, syntax in (
            (plain, EXPLICIT_LITTLE), (big, EXPLICIT_BIG),
            (without_vr, IMPLICIT_LITTLE), (deflated, DEFLATED),
        )
    ]  # fmt: skip
    assert {(h.modality, h.rows, h.study_instance_uid) for h in read} == {("CT", 512, "1.2.3")}


def test_a_declared_syntax_that_the_bytes_contradict_is_not_believed() -> None:
    assert read_header(data_set(), IMPLICIT_LITTLE).rows == 512


def test_a_thousand_nested_sequences_do_not_matter() -> None:
    sequence = struct.pack("<HH2sxxL", 0x0008, 0x1140, b"SQ", 0xFFFFFFFF)
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    ends = struct.pack("<HHL", 0xFFFE, 0xE00D, 0) + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    plain = data_set()
    split = plain.index(struct.pack("<HH", 0x0020, 0x000D))
    header = read_header(
        plain[:split] + (sequence + item) * 1000 + ends * 1000 + plain[split:], EXPLICIT_LITTLE
    )
    assert header.study_instance_uid == ROOMS["study"]


def test_a_deflate_bomb_is_read_no_further_than_its_head() -> None:
    packer = zlib.compressobj(9, wbits=-15)
    bomb = packer.compress(data_set()) + b"".join(packer.compress(bytes(2**20)) for _ in range(256))
    started = time.perf_counter()
    assert read_header(bomb + packer.flush(), DEFLATED).rows == 512
    assert time.perf_counter() - started < 3


def test_a_length_beyond_the_bytes_is_said(tmp_path: Path) -> None:
    data = data_set() + struct.pack("<HH2sH", 0x0029, 0x1000, b"LO", 60000)
    header = read_header(data_set((0x00280008, b"IS", b"7")), EXPLICIT_LITTLE)
    assert header.frames == 7
    cut = read_header(data.replace(struct.pack("<HH", 0x0029, 0x1000), struct.pack("<HH", 0x0019, 0x1000)),
                      EXPLICIT_LITTLE)  # fmt: skip
    assert cut.faults == ("the data set ends inside (0019,1000)",)


@settings(max_examples=300, deadline=None)
@given(noise=st.binary(max_size=200), at=st.integers(0, 120), syntax=st.sampled_from(SYNTAXES))
def test_no_bytes_raise_anything_but_unreadable(noise: bytes, at: int, syntax: str) -> None:
    plain = data_set()
    try:
        header = read_header(plain[:at] + noise + plain[at:], syntax)
    except Unreadable as sentence:
        assert str(sentence)
    else:
        assert isinstance(header, Header)


def test_a_file_cut_short_anywhere_is_a_header_or_a_sentence(
    pack: list[tuple[Path, dict[str, str]]], tmp_path: Path
) -> None:
    whole = next(path for path, row in pack if row["category"] == "image_ct").read_bytes()
    short = tmp_path / "short.dcm"
    for length in range(1, 3000, 37):
        short.write_bytes(whole[:length])
        try:
            header_of_file(short)
        except Unreadable as sentence:
            assert str(sentence)


def test_a_file_that_is_no_part_10_has_no_offset(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.write_bytes(data_set())
    with pytest.raises(Unreadable):
        dataset_offset(bare)
    assert header_of_file(bare).rows == 512


def test_a_header_takes_about_a_millisecond(pack: list[tuple[Path, dict[str, str]]]) -> None:
    path = next(path for path, _ in pack if path.name == "pydicom__test_files_waveform_ecg.dcm")
    data = path.read_bytes()[dataset_offset(path) :]
    fastest = min(_seconds(data) for _ in range(20))
    assert fastest < 0.005


def _seconds(data: bytes) -> float:
    started = time.perf_counter()
    read_header(data, EXPLICIT_LITTLE)
    return time.perf_counter() - started


def test_a_history_keeps_its_backslashes() -> None:
    header = read_header(data_set((0x001021B0, b"LT", b"cough \\ fever\r\n3 days ")), EXPLICIT_LITTLE)
    assert header.history == "cough \\ fever\r\n3 days"
