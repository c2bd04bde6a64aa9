"""Command sets of DIMSE messages (PS3.7 6.3 and E): read without trust, written short."""

import struct
from dataclasses import dataclass

from dicom.pdu_stream import INVALID_PARAMETER, P_DATA, Violation

# PS3.7 E.1: command fields; an answer has the highest bit of its request's set.
C_STORE_RQ, C_ECHO_RQ, C_CANCEL_RQ = 0x0001, 0x0030, 0x0FFF
ANSWER = 0x8000
NO_DATA_SET = 0x0101
COMMAND, LAST = 1, 2  # PS3.8 E.2: bits of the message control header

# PS3.7 E.1: elements of group 0000.
AFFECTED_CLASS, COMMAND_FIELD, MESSAGE_ID, ANSWERED_ID = 0x0002, 0x0100, 0x0110, 0x0120
DATA_SET_TYPE, STATUS, AFFECTED_INSTANCE = 0x0800, 0x0900, 0x1000
#: A real command set has a few hundred bytes.
LONGEST_COMMAND = 16 * 1024
LONGEST_UID_ECHOED = 64


@dataclass(frozen=True)
class Command:
    """A request: what is asked, its number, whether a data set follows, and the UIDs as they came.

    The number of a C-CANCEL is that of the request which it wants to end.
    """

    field: int
    message_id: int
    has_data_set: bool
    sop_class_uid: str
    sop_instance_uid: str


def read_command(data: bytes) -> Command:
    """Return the command in implicit little endian bytes. Raises Violation where it is none."""
    found: dict[int, bytes] = {}
    at = 0
    while at + 8 <= len(data):
        group, element, length = struct.unpack_from("<HHL", data, at)
        at += 8
        if group != 0 or at + length > len(data):
            raise Violation("the command set is broken", INVALID_PARAMETER)
        found[element] = data[at : at + length]
        at += length
    if at != len(data):
        raise Violation("the command set is broken", INVALID_PARAMETER)
    field = _number(found, COMMAND_FIELD)
    return Command(
        field, _number(found, ANSWERED_ID if field == C_CANCEL_RQ else MESSAGE_ID),
        _number(found, DATA_SET_TYPE) != NO_DATA_SET,
        _uid(found, AFFECTED_CLASS), _uid(found, AFFECTED_INSTANCE),
    )  # fmt: skip


def answer_pdu(context: int, command: Command, status: int) -> bytes:
    """Return the P-DATA-TF that answers `command` with `status` and no data set."""
    numbers = _NUMBERS.pack(
        0, COMMAND_FIELD, 2, command.field | ANSWER,
        0, ANSWERED_ID, 2, command.message_id,
        0, DATA_SET_TYPE, 2, NO_DATA_SET,
        0, STATUS, 2, status,
    )  # fmt: skip
    sop_class = _uid_element(AFFECTED_CLASS, command.sop_class_uid)
    body = sop_class + numbers + _uid_element(AFFECTED_INSTANCE, command.sop_instance_uid)
    length = len(body) + _LENGTH.size
    head = _HEAD.pack(P_DATA, length + 6, length + 2, context, COMMAND | LAST)
    return head + _LENGTH.pack(0, 0x0000, 4, len(body)) + body


_HEAD = struct.Struct(">BxLLBB")
_LENGTH = struct.Struct("<HHLL")
_NUMBERS = struct.Struct("<" + "HHLH" * 4)


def _uid_element(element: int, uid: str) -> bytes:
    """Return the element, or nothing for a UID that is none."""
    if not 0 < len(uid) <= LONGEST_UID_ECHOED:
        return b""
    value = uid.encode("ascii", "replace")
    value += b"\0" * (len(value) % 2)
    return struct.pack("<HHL", 0, element, len(value)) + value


def _number(found: dict[int, bytes], element: int) -> int:
    value = found.get(element, b"")
    if len(value) != 2:
        raise Violation("the command set lacks a number", INVALID_PARAMETER)
    return int.from_bytes(value, "little")


def _uid(found: dict[int, bytes], element: int) -> str:
    return found.get(element, b"").strip(b"\0 ").decode("ascii", "replace")
