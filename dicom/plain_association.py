"""An association that asks for storage and verification only, served by one loop that blocks.

It is the one place where the hub speaks DIMSE itself: a data set goes from the socket to the disk without a
copy on the way. Every other association is pynetdicom's.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from dicom.command_set import (
    ANSWER,
    C_CANCEL_RQ,
    C_ECHO_RQ,
    C_STORE_RQ,
    COMMAND,
    LAST,
    LONGEST_COMMAND,
    Command,
    answer_pdu,
    read_command,
)
from dicom.contexts import VERIFICATION
from dicom.pdu_stream import (
    ABORT,
    BY_PROVIDER,
    INVALID_PARAMETER,
    P_DATA,
    PDV_HEADER,
    RELEASE_RP,
    RELEASE_RQ,
    UNEXPECTED,
    UNRECOGNISED,
    Gone,
    PduStream,
    Violation,
)
from dicom.spool import Spool, TooLarge
from dicom.status import CLASS_NOT_SUPPORTED, SUCCESS, UNRECOGNISED_OPERATION

RELEASED = bytes((RELEASE_RP, 0, 0, 0, 0, 4, 0, 0, 0, 0))  # PS3.8 table 9-25


class Context(NamedTuple):
    """An accepted presentation context."""

    abstract_syntax: str
    transfer_syntax: str


class Taker(Protocol):
    """Who takes what an association brings, one message after the other."""

    def begin(self, command: Command, context: Context) -> Spool:
        """Return where the data set of `command` goes."""

    def answer(self, spool: Spool) -> int:
        """Keep what was received, or not, and return the status; the spool is finished with."""

    def too_large(self) -> None:
        """Note that the message was broken off because it is longer than the hub takes."""


class PlainAssociation:
    """One accepted association on `stream`, whose PDUs may have `largest` bytes."""

    def __init__(
        self, stream: PduStream, contexts: Mapping[int, Context], taker: Taker, largest: int
    ) -> None:
        self._stream, self._contexts, self._taker, self._largest = stream, contexts, taker, largest
        self._command_bytes = bytearray()
        self._command: Command | None = None
        self._spool: Spool | None = None
        self._context = 0
        self._was_released = False

    def serve(self) -> bool:
        """Answer until the peer releases or aborts, breaks the protocol (then it is aborted) or is gone.

        Tells whether it released.
        """
        try:
            while self._pdu():
                continue
        except Violation as violation:
            self._stream.abort(BY_PROVIDER, violation.reason)
        except TooLarge:
            self._taker.too_large()
            self._stream.abort(BY_PROVIDER)
        except Gone:
            pass
        finally:
            if self._spool is not None:
                self._spool.drop()
        return self._was_released

    def _pdu(self) -> bool:
        """Take one PDU; False after the last one."""
        kind, length = self._stream.header()
        if kind == P_DATA:
            if not PDV_HEADER <= length <= self._largest:
                raise Violation("a P-DATA-TF of a length that was not agreed", INVALID_PARAMETER)
            self._values(length)
            return True
        if kind == RELEASE_RQ and length == 4:
            self._stream.read(length)
            if self._command_bytes or self._command is not None:
                raise Violation("a release inside a message", UNEXPECTED)
            self._was_released = True
            self._stream.send(RELEASED)
            return False
        if kind == ABORT:
            return False
        raise Violation("a PDU that has no place here", UNEXPECTED if 1 <= kind <= 7 else UNRECOGNISED)

    def _values(self, length: int) -> None:
        """Take the presentation data values of one P-DATA-TF (PS3.8 9.3.5.1)."""
        while length:
            if length < PDV_HEADER:
                raise Violation("half a presentation data value", INVALID_PARAMETER)
            item, context, control = self._stream.value_header()
            if not 2 <= item <= length - 4 or context not in self._contexts:
                raise Violation("a presentation data value out of bounds", INVALID_PARAMETER)
            length -= item + 4
            if control & COMMAND:
                self._command_part(context, item - 2, bool(control & LAST))
            else:
                self._data_part(context, item - 2, bool(control & LAST))

    def _command_part(self, context: int, count: int, last: bool) -> None:
        if self._command is not None or (self._command_bytes and context != self._context):
            raise Violation("a command inside a message", UNEXPECTED)
        if len(self._command_bytes) + count > LONGEST_COMMAND:
            raise Violation("no command set is that long", INVALID_PARAMETER)
        self._command_bytes += self._stream.read(count)
        self._context = context
        if last:
            command = read_command(bytes(self._command_bytes))
            self._command_bytes.clear()
            self._begin(command)

    def _begin(self, command: Command) -> None:
        if command.field == C_CANCEL_RQ:  # of what is over, and it has no answer of its own (PS3.7 9.3.2.3)
            return
        if command.field & ANSWER:
            raise Violation("an answer that nobody asked for", UNEXPECTED)
        self._command = command
        if self._is_store(command):
            self._spool = self._taker.begin(command, self._contexts[self._context])
        if not command.has_data_set:
            self._end()

    def _data_part(self, context: int, count: int, last: bool) -> None:
        if self._command is None or context != self._context:
            raise Violation("a data set without its command", UNEXPECTED)
        if self._spool is not None:
            self._spool.receive(self._stream, count)
        else:
            self._stream.read(count)
        if last:
            self._end()

    def _end(self) -> None:
        assert self._command is not None
        command, spool = self._command, self._spool
        self._command, self._spool = None, None
        if spool is not None:
            status = self._taker.answer(spool)
        elif command.field == C_ECHO_RQ:
            status = SUCCESS
        else:
            status = CLASS_NOT_SUPPORTED if command.field == C_STORE_RQ else UNRECOGNISED_OPERATION
        self._stream.send(answer_pdu(self._context, command, status))

    def _is_store(self, command: Command) -> bool:
        return command.field == C_STORE_RQ and (self._contexts[self._context].abstract_syntax != VERIFICATION)
