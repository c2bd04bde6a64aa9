"""Orders by HL7 over MLLP: taken once, in bounds, from whom they may come, and answered AA, AE or AR."""

import re
import socket
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from hub.hl7 import mllp
from hub.hl7.message import escaped, read_message
from hub.settings import Settings, read_settings
from hub.store import Store
from hub.store.orders import move_order
from hub.store.tables import AuditRow, ExamOrder

Send = Callable[..., str]


@pytest.fixture
def settings(settings: Settings, free_port: Callable[[], int]) -> Settings:
    """The store's settings, with a place where orders are taken from this machine."""
    given = settings.model_dump(exclude={"hl7", "hl7_from"})
    return read_settings(**given, hl7=f"127.0.0.1:{free_port()}", hl7_from="127.0.0.1")


@pytest.fixture
def listening(store: Store) -> Iterator[Store]:
    with mllp.serving(store):
        yield store


@pytest.fixture
def connection(listening: Store) -> Iterator[socket.socket]:
    with socket.create_connection(listening.settings.hl7_address, timeout=20) as opened:
        yield opened


@pytest.fixture
def send(connection: socket.socket) -> Send:
    """Send a message and return the acknowledgement."""

    def sent(content: bytes) -> str:
        connection.sendall(b"\x0b" + content + b"\x1c\x0d")
        received = b""
        while not received.endswith(b"\x1c\x0d"):
            block = connection.recv(4096)
            assert block, "the connection was closed without an answer"
            received += block
        return received[1:-2].decode("utf-8")

    return sent


def order(control: str = "1", codec: str = "utf-8", declared: str = "UNICODE UTF-8", **said: str) -> bytes:
    """An ORM^O01 of the HIS of east; `said` replaces what a segment says."""
    said = {
        "what": "NW", "kind": "ORM^O01", "facility": "east", "placer": "PL1", "patient": "P1^^^EAST",
        "name": "Zhang^San^^^^^^A~张^三^^^^^^I", "birth": "19600102", "exam": "71020^胸部 正侧位\\T\\加摄^L",
        "accession": "ACC1", "section": "RAD", "when": "202611270830",
    } | said  # fmt: skip
    lines = [
        f"MSH|^~\\&|HIS|{said['facility']}|HUB|COUNTY|20261126||{said['kind']}|{control}|P|2.3||||||{declared}",
        f"PID|1||{said['patient']}||{said['name']}||{said['birth']}|M",
        f"ORC|{said['what']}|{said['placer']}|FL1",
        "OBR|1|{placer}|FL1|{exam}||||||||||||D1^李^四||{accession}|||||{empty}|{section}|||||||^咳嗽|||||{when}".format(
            empty="", **said
        ),
    ]
    return ("\r".join(lines) + "\r").encode(codec)


def orders(store: Store) -> list[ExamOrder]:
    with store.reading() as session:
        return list(session.scalars(select(ExamOrder).order_by(ExamOrder.id)))


def code(reply: str) -> str:
    return re.search(r"MSA\|(\w\w)\|", reply)[1]


def test_an_order_is_taken_with_all_that_a_device_needs(send: Send, store: Store) -> None:
    reply = send(order("MSG-1"))
    assert "MSA|AA|MSG-1" in reply and "|HUB|COUNTY|HIS|east|" in reply and "ACK^O01" in reply
    (one,) = orders(store)
    assert (one.site.name, one.state, one.source) == ("east", "scheduled", "hl7")
    assert (one.patient_id, one.name, one.sex, one.birth_date) == ("P1", "Zhang^San=张^三", "M", "19600102")
    assert (one.accession, one.placer_number, one.filler_number) == ("ACC1", "PL1", "FL1")
    assert (one.modality, one.scheduled_date, one.scheduled_time) == ("DX", "20261127", "0830")
    assert (one.code_value, one.description, one.reason) == ("71020", "胸部 正侧位&加摄", "咳嗽")


def second(**said: str) -> bytes:
    """The segments of a further order in the same message."""
    return order(**{"placer": "PL2", "accession": "ACC2", "section": "CT"} | said).split(b"\r", 2)[2]


def test_every_order_of_a_message_is_taken(send: Send, store: Store) -> None:
    assert [code(send(order() + second())) for _ in range(2)] == ["AA"] * 2
    assert [(one.accession, one.modality) for one in orders(store)] == [("ACC1", "DX"), ("ACC2", "CT")]
    assert {one.name for one in orders(store)} == {"Zhang^San=张^三"}
    with store.reading() as session:
        assert [row.thing for row in session.scalars(select(AuditRow))] == ["order:1", "order:2"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (second(section="XYZ"), "modality"),
        (b"OBR|2|PL2\r", "one OBR"),
        (b"PID|2||P2\r" + second(), "one PID"),
    ],
)
def test_a_message_is_taken_with_all_its_orders_or_with_none(
    send: Send, store: Store, more: bytes, why: str
) -> None:
    reply = send(order() + more)
    assert code(reply) == "AE" and why in reply
    assert orders(store) == []


@pytest.mark.parametrize(
    ("codec", "declared"), [("gb18030", "GB 18030-2000"), ("gb18030", ""), ("utf-8", "")]
)
def test_chinese_is_read_in_the_senders_own_characters(
    send: Send, store: Store, codec: str, declared: str
) -> None:
    assert code(send(order(codec=codec, declared=declared, name="张^三"))) == "AA"
    assert orders(store)[0].name == "张^三"


def test_the_same_message_again_is_answered_alike_and_adds_nothing(send: Send, store: Store) -> None:
    assert [code(send(order("MSG-1"))) for _ in range(3)] == ["AA"] * 3
    assert len(orders(store)) == 1
    assert code(send(order("MSG-1", accession="ACC2", placer="PL2"))) == "AR"
    assert len(orders(store)) == 1


def test_an_order_is_changed_and_cancelled_until_a_device_has_begun(send: Send, store: Store) -> None:
    send(order("1"))
    assert code(send(order("2", what="XO", section="CT"))) == "AA"
    assert [one.modality for one in orders(store)] == ["CT"]
    assert code(send(order("3", what="CA"))) == "AA"
    assert [one.state for one in orders(store)] == ["cancelled"]
    anew = send(order("3a"))
    assert code(anew) == "AE" and "is cancelled; renew it on the page" in anew and "XO" not in anew
    send(order("4", placer="PL2", accession="ACC2"))
    with store.writing() as session:
        move_order(session, session.get_one(ExamOrder, 2), "step-started")
    assert code(send(order("5", what="CA", placer="PL2", accession="ACC2"))) == "AE"


@pytest.mark.parametrize(
    ("said", "expected", "why"),
    [
        ({"patient": ""}, "AE", "patient_id is missing"),
        ({"section": "XYZ"}, "AE", "modality is none"),
        ({"what": "ZZ"}, "AE", "ORC-1"),
        ({"what": "XO", "placer": "NONE", "accession": "NONE"}, "AE", "no such order"),
        ({"birth": "1960-01"}, "AE", "birth_date"),
        ({"accession": "X" * 17}, "AE", "accession has more than 16"),
        ({"kind": "ORU^R01"}, "AR", "message type"),
        ({"facility": "nowhere"}, "AR", "must name one site"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words_and_audited(
    send: Send, store: Store, said: dict[str, str], expected: str, why: str
) -> None:
    reply = send(order("7", **said))
    assert code(reply) == expected and why in reply
    assert orders(store) == []
    with store.reading() as session:
        assert [row.outcome for row in session.scalars(select(AuditRow))] == [expected]


def test_orders_are_taken_only_from_where_they_may_come(store: Store, free_port: Callable[[], int]) -> None:
    given = store.settings.model_dump(exclude={"hl7_from"})
    store.settings = read_settings(**given, hl7_from="192.0.2.0/24")
    from hub.hl7.receive import answer

    assert code(answer(store, order(), "127.0.0.1").decode()) == "AR"
    assert code(answer(store, order(), "192.0.2.9").decode()) == "AA"


@pytest.mark.parametrize("rubbish", [b"GET / HTTP/1.1\r\n\r\n", b"\x0b" + b"x" * 300_000])
def test_what_is_no_frame_or_too_long_ends_its_connection_and_no_other(
    listening: Store, send: Send, rubbish: bytes
) -> None:
    with socket.create_connection(listening.settings.hl7_address, timeout=20) as rude:
        try:
            rude.sendall(rubbish)
            assert rude.recv(100) == b""
        except (ConnectionResetError, BrokenPipeError):
            pass
    assert code(send(order())) == "AA"


@pytest.mark.parametrize(
    "content", [b"", b"MSH", b"PID|1", b"MSH|^~\\&" + b"\r" * 500, b"MSH|^~\\&|\xff\xfe|", b"MSH||||||||"]
)
def test_what_is_no_message_is_answered_and_the_connection_goes_on(send: Send, content: bytes) -> None:
    assert code(send(content)) in ("AR", "AE")
    assert code(send(order())) == "AA"


def test_a_ninth_connection_of_one_address_is_closed_and_the_eight_are_served(
    listening: Store, send: Send
) -> None:
    address = listening.settings.hl7_address
    others = [socket.create_connection(address, timeout=20) for _ in range(mllp.MOST_OF_ONE - 1)]
    try:
        with socket.create_connection(address, timeout=20) as ninth:
            assert ninth.recv(1) == b""
        assert code(send(order())) == "AA"
    finally:
        for one in others:
            one.close()


@pytest.mark.parametrize("text", ["a|b^c~d\\e&f", "line\rbreak\n", "\x0b\x1c", "张三"])
def test_a_text_comes_back_from_its_escapes(text: str) -> None:
    line = f"MSH|^~\\&|A|B|C|D|20261126||ORM^O01|1|P|2.3||||||UNICODE UTF-8\rNTE|1||{escaped(text)}\r"
    assert read_message(line.encode()).field("NTE", 3) == text.strip()
