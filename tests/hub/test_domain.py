"""Pure decisions of the hub."""

import pytest

from hub.domain.delivery import DELIVERY_MOVES, DELIVERY_STATES, storage_outcome
from hub.domain.errand import ERRAND_MOVES, ERRAND_STATES, delivery_delay_seconds, delivery_is_over
from hub.domain.finding import Box, Finding, Measurement, Reading, reading_from
from hub.domain.identity import Person, agrees, contradicts
from hub.domain.moves import ForbiddenMove, next_state, states_before
from hub.domain.people import reports_on
from hub.domain.person_name import shown_name
from hub.domain.study import STUDY_MOVES, STUDY_STATES


@pytest.mark.parametrize(
    ("moves", "states"),
    [(STUDY_MOVES, STUDY_STATES), (ERRAND_MOVES, ERRAND_STATES), (DELIVERY_MOVES, DELIVERY_STATES)],
)
def test_every_move_is_between_known_states(moves, states):
    assert {state for state, _ in moves} | set(moves.values()) <= set(states)


@pytest.mark.parametrize("state", ["arriving", "quarantined", "rejected", "signed", "delivered"])
def test_nothing_unready_or_signed_already_can_be_signed(state):
    with pytest.raises(ForbiddenMove):
        next_state(STUDY_MOVES, state, "report-signed")


def test_a_study_can_be_signed_from_every_readable_state():
    assert states_before(STUDY_MOVES, "report-signed") == ("drafted", "ready", "reopened", "written")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(0, "stored"), (0xB000, "warned"), (0xB007, "warned"), (0xA700, "failed"), (0xC000, "failed"),
     (0x0124, "failed"), (0x0110, "failed")],
)  # fmt: skip
def test_only_success_is_stored_and_warnings_are_told_apart(status, outcome):
    assert storage_outcome(status) == outcome


def test_delivery_is_tried_after_1_5_15_60_minutes_and_then_hourly_for_a_week():
    assert [delivery_delay_seconds(n, 0) / 60 for n in range(1, 7)] == [1, 5, 15, 60, 60, 60]
    assert not delivery_is_over(6.9 * 86400)
    assert delivery_is_over(7 * 86400)


@pytest.mark.parametrize(
    ("raw", "codecs", "text", "guessed"),
    [
        ("张智宏".encode("gbk"), ("latin_1",), "张智宏", True),
        ("张智宏".encode("gbk"), ("ascii",), "张智宏", True),
        ("张智宏".encode(), ("utf-8",), "张智宏", False),
        ("Zhang^San=张^三".encode(), ("utf-8",), "张三", False),
        ("Müller^Änne".encode("latin_1"), ("latin_1",), "Müller Änne", False),
        (b"DOE^JOHN", ("ascii",), "DOE JOHN", False),
        (b"", ("ascii",), "", False),
    ],
)
def test_a_name_is_shown_honestly_or_as_a_guess(raw, codecs, text, guessed):
    shown = shown_name(raw, codecs)
    assert (shown.text, shown.guessed) == (text, guessed)


def test_bytes_that_are_no_text_at_all_are_shown_as_a_guess():
    assert shown_name(b"\xff\xfe\xfd", ("ascii",)).guessed


def test_a_reading_comes_back_from_json_as_it_was():
    import json

    box = Box((1.0, 2.0, 30.0, 40.0), 0.9)
    finding = Finding("pneumonia", "肺炎", "Pneumonia", 0.9, 0.5, True, (box,), ("II",), (0.0, 10.0))
    measured = Measurement("qt", None, "ms", "tangent", "no T wave")
    reading = Reading("chest", "1", "ab", True, "", {"pneumonia": 0.9}, (finding,), (measured,), 12.0)
    assert reading_from(json.loads(json.dumps(reading.as_json()))) == reading


@pytest.mark.parametrize(
    ("known", "said", "expected"),
    [
        (Person("张三"), Person("张三"), False),
        (Person("张三"), Person("李四"), True),
        (Person("张三"), Person("ZHANG SAN"), False),
        (Person("Zhang San"), Person("ZHANG  SAN"), False),
        (Person("张\ufffd三", raw=b"1"), Person("李四"), False),
        (Person("张\ufffd三", raw=b"1"), Person("张\ufffd三", raw=b"2"), True),
        (Person("张\ufffd三", raw=b"1"), Person("张\ufffd三", raw=b"1"), False),
        (Person("张三", raw=b"1"), Person("ÕÅÈý", raw=b"1"), False),
        (Person(sex="M"), Person(sex="F"), True),
        (Person(sex="M"), Person(sex="O"), False),
        (Person(birth_date="19800101"), Person(birth_date="20200101"), True),
        (Person(birth_date="19800101"), Person(birth_date=""), False),
    ],
)
def test_headers_speak_of_one_person_until_something_contradicts(known, said, expected):
    assert contradicts(known, said) is expected


@pytest.mark.parametrize(
    ("known", "said", "expected"),
    [
        (Person("张三"), Person("张三"), True),
        (Person("张三"), Person("ZHANG SAN"), False),
        (Person("张三", birth_date="19800101"), Person("ZHANG SAN", birth_date="19800101"), True),
        (Person("张三"), Person(), False),
        (Person(), Person("张三"), False),
        (Person(), Person(), False),
        (Person(sex="M"), Person("张三", "M"), False),
        (Person(birth_date="19800101"), Person("张三", birth_date="19800101"), True),
        (Person("李四", birth_date="19800101"), Person("张三", birth_date="19800101"), False),
        (Person("张三", "M"), Person("张三", "F"), False),
        (Person("张\ufffd三"), Person("ZHANG SAN"), False),
        (Person("张\ufffd三", raw=b"1"), Person("张三", raw=b"1"), True),
    ],
)
def test_a_number_is_of_one_person_where_a_name_or_a_birth_date_says_so_too(known, said, expected):
    assert agrees(known, said) is expected


@pytest.mark.parametrize(
    ("role", "modality", "reports"),
    [
        ("reader", "DX", True), ("reader", "ECG", True), ("reviewer", "US", True), ("expert", "CT", True),
        ("ecg", "ECG", True), ("ecg", "DX", False), ("ecg", "", False), ("admin", "DX", False),
        ("township", "ECG", False), ("nobody", "DX", False),
    ],
)  # fmt: skip
def test_each_role_reports_on_its_own_kinds(role, modality, reports):
    assert reports_on(role, modality) is reports
