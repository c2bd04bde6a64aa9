"""A peer that says exactly what a test wants, byte for byte, and nothing of its own accord."""

import socket
import struct
from collections.abc import Sequence

from hub.settings import Settings

CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
VERIFICATION = "1.2.840.10008.1.1"
P_DATA, RELEASE_RQ, RELEASE_RP, ABORT = 4, 5, 6, 7
COMMAND, LAST = 1, 2


def item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(value)) + value


def associate_rq(
    contexts: Sequence[tuple[str, str]] = ((CT, EXPLICIT), (VERIFICATION, EXPLICIT)),
    calling: str = "CLINIC1", called: str = "READHUB", more: bytes = b"",
) -> bytes:  # fmt: skip
    """An A-ASSOCIATE-RQ (PS3.8 table 9-11) whose contexts have the ids 1, 3, 5 …"""
    body = struct.pack(">HH16s16s32x", 1, 0, called.encode().ljust(16), calling.encode().ljust(16))
    body += item(0x10, b"1.2.840.10008.3.1.1.1")
    for number, (abstract, transfer) in enumerate(contexts):
        inner = item(0x30, abstract.encode()) + item(0x40, transfer.encode())
        body += item(0x20, struct.pack(">Bxxx", 2 * number + 1) + inner)
    body += item(0x50, item(0x51, struct.pack(">L", 16384)) + item(0x52, b"1.2.3") + more)
    return struct.pack(">BxL", 1, len(body)) + body


def pdv(data: bytes, control: int, context: int = 1) -> bytes:
    return struct.pack(">LBB", len(data) + 2, context, control) + data


def p_data(*values: bytes) -> bytes:
    body = b"".join(values)
    return struct.pack(">BxL", P_DATA, len(body)) + body


def command_set(elements: dict[int, bytes]) -> bytes:
    body = b"".join(struct.pack("<HHL", 0, tag, len(value)) + value for tag, value in elements.items())
    return struct.pack("<HHLL", 0, 0, 4, len(body)) + body


def store_rq(sop_instance: str, sop_class: str = CT, number: int = 1) -> bytes:
    """The command set of a C-STORE-RQ (PS3.7 table 9.3-1)."""
    return command_set({
        0x0002: _even(sop_class), 0x0100: struct.pack("<H", 1), 0x0110: struct.pack("<H", number),
        0x0700: struct.pack("<H", 0), 0x0800: struct.pack("<H", 0), 0x1000: _even(sop_instance),
    })  # fmt: skip


def echo_rq(number: int = 1) -> bytes:
    return command_set({
        0x0002: _even(VERIFICATION), 0x0100: struct.pack("<H", 0x30),
        0x0110: struct.pack("<H", number), 0x0800: struct.pack("<H", 0x0101),
    })  # fmt: skip


def store_pdus(sop_instance: str, data: bytes, part: int = 16000) -> list[bytes]:
    """A whole C-STORE as PDUs: its command, and its data set in parts."""
    parts = [data[at : at + part] for at in range(0, len(data), part)] or [b""]
    last = len(parts) - 1
    values = [pdv(each, LAST if number == last else 0) for number, each in enumerate(parts)]
    return [p_data(pdv(store_rq(sop_instance), COMMAND | LAST)), *(p_data(value) for value in values)]


RELEASE = struct.pack(">BxLxxxx", RELEASE_RQ, 4)


class RawPeer:
    """A connection to the hub; `said` is what came back."""

    def __init__(self, settings: Settings, seconds: float = 30.0) -> None:
        self.socket = socket.create_connection(settings.dicom_address, timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> "RawPeer":
        return self

    def __exit__(self, *_error: object) -> None:
        self.socket.close()

    def send(self, *pdus: bytes) -> None:
        self.socket.sendall(b"".join(pdus))

    def pdu(self) -> tuple[int, bytes]:
        """Return the next PDU; (0, b"") when the connection ended, (-1, b"") when nothing came in time."""
        try:
            head = self._exactly(6)
            kind, length = struct.unpack(">BxL", head)
            return kind, self._exactly(length)
        except TimeoutError:
            return -1, b""
        except (OSError, EOFError):
            return 0, b""

    def associated(
        self, *contexts: tuple[str, str], calling: str = "CLINIC1", called: str = "READHUB"
    ) -> "RawPeer":
        names = {"calling": calling, "called": called}
        self.send(associate_rq(contexts, **names) if contexts else associate_rq(**names))
        kind, body = self.pdu()
        assert kind == 2, f"no A-ASSOCIATE-AC but {kind} {body!r}"
        return self

    def status(self) -> int:
        """Return the status of the answer that comes next."""
        kind, body = self.pdu()
        assert kind == P_DATA, f"no answer but {kind} {body!r}"
        at = body.index(struct.pack("<HHL", 0, 0x0900, 2)) + 8
        return int.from_bytes(body[at : at + 2], "little")

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data


def _even(text: str) -> bytes:
    return text.encode() + b"\0" * (len(text) % 2)
