"""Matching of query keys on plain text (PS3.4 C.2.2.2)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.matching import is_universal, matches, name_matches
from hub.domain.person_name import full_name

TEXT = st.text(st.characters(exclude_characters="\\*?=^\0", exclude_categories=("Cs", "Cc", "Z")), min_size=1)


@pytest.mark.parametrize(
    ("vr", "wanted", "held", "expected"),
    [
        ("LO", "Chest", "Chest", True), ("LO", "chest", "Chest", False), ("LO", "C*t", "Chest", True),
        ("LO", "C?est", "Chest", True), ("LO", "C?st", "Chest", False), ("LO", "[a]*", "[a]b", True),
        ("LO", ".*", "anything", False), ("LO", "x", "", False), ("LO", "", "", True), ("LO", "*", "", True),
        ("UI", "1.2\\1.3", "1.3", True), ("UI", "1.2*", "1.23", False), ("CS", "CT", "MR\\CT", True),
        ("DA", "20260101", "20260101", True), ("DA", "20260101-", "20251231", False),
        ("DA", "-20260101", "20260101", True), ("DA", "20260101-20260131", "2026.01.15", True),
        ("TM", "0800-0900", "08:59:59", True), ("TM", "0800-0900", "090059.5", True),
        ("TM", "0800-0900", "090100", False), ("TM", "08", "083000", True), ("TM", "0830", "08", True),
        ("DT", "20260101-20260102", "20260101123000+0800", True), ("IS", "03", "3", True),
        ("IS", "x", "x", False),
    ],
)  # fmt: skip
def test_a_key_matches_as_its_value_representation_says(
    vr: str, wanted: str, held: str, expected: bool
) -> None:
    assert matches(vr, wanted, held) is expected


@pytest.mark.parametrize(
    ("wanted", "held", "expected"),
    [
        ("ZHANG^SAN", "Zhang^San", True), ("zhang san", "ZHANG^SAN", True),
        ("zhang*", "Zhang^San=张^三", True),
        ("张*", "Zhang^San=张^三", True), ("张三", "Zhang^San=张^三", True), ("张^三", "张三", True),
        ("Zhang^San=张^三", "Zhang^San=张^三", True), ("Zhang^San=李^四", "Zhang^San=张^三", False),
        ("zhangsan", "Zhang^San", False), ("张", "张三", False), ("?三", "张三", True),
    ],
)  # fmt: skip
def test_a_name_matches_in_any_of_its_groups_however_it_is_parted(
    wanted: str, held: str, expected: bool
) -> None:
    assert name_matches(wanted, held) is expected


@given(TEXT)
def test_every_text_matches_itself_and_any_end_of_it(text: str) -> None:
    assert matches("LO", text, text)
    assert matches("LO", f"{text[:1]}*", text)
    assert matches("LO", f"*{text[-1:]}", text)
    assert not is_universal(text)


@pytest.mark.parametrize("codec", ["utf_8", "gb18030"])
def test_a_name_is_answered_whole_only_where_its_bytes_say_what_is_shown(codec: str) -> None:
    raw = "Zhang^San=张^三".encode(codec)
    assert full_name("张三", raw) == "Zhang^San=张^三"
    assert full_name("李四", raw) == "李四"
    assert full_name("张三", b"\x1b$)A\xd5\xc5") == "张三"


def test_a_name_in_gb2312_with_its_escapes_is_answered_whole() -> None:
    raw = b"Zhang^San=\x1b$)A\xd5\xc5^\x1b$)A\xc8\xfd"  # PS3.5 K.3
    assert full_name("张三", raw) == "Zhang^San=张^三"


@pytest.mark.parametrize("wildcards", ["*a" * 30 + "*b", "*a?" * 20 + "b", "a*" * 30 + "b*"])
def test_a_key_of_many_wildcards_is_compared_at_once(wildcards: str) -> None:
    began = time.monotonic()
    assert not matches("LO", wildcards, "a" * 64)
    assert matches("LO", wildcards, "a" * 64 + "b")
    assert time.monotonic() - began < 1
