"""What happens to a connection: asked who it is, admitted or rejected, served here or by pynetdicom."""

import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from pynetdicom.presentation import PresentationContext

from dicom.admission import Caller, Proposal
from dicom.capped_socket import reject_pdu
from dicom.command_set import Command
from dicom.contexts import STORAGE_AND_VERIFICATION, VERIFICATION
from dicom.keep import Message
from dicom.limits import Limits, Visit
from dicom.negotiation import Request, acceptance, accepted, decoded, read_request
from dicom.pdu_stream import BY_PROVIDER, Gone, PduStream, Violation
from dicom.plain_association import Context, PlainAssociation
from dicom.receive import Receiver
from dicom.spool import Desk, Spool
from dicom.status import LIMIT_EXCEEDED, Rejection
from dicom.tls import shaken

#: What a connection has to say who it is; nobody waits for it meanwhile.
REQUEST_SECONDS = 30.0


class Arrived(NamedTuple):
    """A connection and the addresses of both ends; under TLS its handshake is still to come."""

    connection: socket.socket
    address: str
    our_address: str


class Begun(NamedTuple):
    """A connection whose association request was read and admitted, for pynetdicom to go on with."""

    connection: socket.socket
    request: bytes
    caller: Caller | None = None


class Doors(Protocol):
    """Who decides about callers, and remembers what they bring."""

    receiver: Receiver

    def admit(self, proposal: Proposal) -> Caller | Rejection:
        """Return who is calling, or why not; a rejection is written down."""

    def rejected(self, calling_ae: str, address: str, rejection: Rejection) -> None:
        """Write down a rejection."""

    def opened(self, association: "Hosted", caller: Caller) -> None:
        """Remember an association."""

    def ended(self, association: "Hosted", was_released: bool) -> None:
        """Settle what an association brought, if its peer released it."""


class Receives(Protocol):
    """Who takes connections."""

    def receive(self, arrived: Arrived, hand_over: Callable[[Begun], None]) -> None:
        """Serve a connection to its end, in the thread that calls."""

    def stop(self) -> None:
        """Break every connection off."""


class Passing:
    """Reads the association request within its bounds and leaves everything else to pynetdicom."""

    def receive(self, arrived: Arrived, hand_over: Callable[[Begun], None]) -> None:
        """Hand a connection over once it has asked for an association."""
        stream = PduStream(arrived.connection, REQUEST_SECONDS)
        try:
            pdu, blank = read_request(stream)
            if blank is None:
                hand_over(Begun(arrived.connection, pdu))
            else:
                stream.send(reject_pdu(blank))
        except Violation as violation:
            stream.abort(BY_PROVIDER, violation.reason)
        except Gone:
            pass
        finally:
            arrived.connection.close()

    def stop(self) -> None:
        """Nothing: what was handed over is pynetdicom's to end."""


class Reception:
    """Receives connections, each in the thread that calls."""

    def __init__(
        self, doors: Doors, limits: Limits, supported: Mapping[str, PresentationContext], patience: "Patience"
    ) -> None:
        self._doors, self._limits, self._supported, self._patience = doors, limits, supported, patience

    def receive(self, arrived: Arrived, hand_over: Callable[[Begun], None]) -> None:
        """Serve a connection to its end; one that asks for more than storage is handed over."""
        stream = PduStream(arrived.connection, self._patience.request)
        visit = Visit(arrived.address, stream.cut)
        self._limits.enter(visit)
        try:
            certificate = ""
            if isinstance(arrived.connection, ssl.SSLSocket):
                certificate = shaken(arrived.connection, self._patience.request)
            self._ask(stream, arrived, visit, Onward(certificate, hand_over))
        except Violation as violation:
            stream.abort(BY_PROVIDER, violation.reason)
        except Gone:
            pass
        finally:
            self._limits.leave(visit)
            arrived.connection.close()

    def stop(self) -> None:
        """Break every connection off."""
        for visit in self._limits.everybody():
            visit.close()

    def _ask(self, stream: PduStream, arrived: Arrived, visit: Visit, onward: "Onward") -> None:
        pdu, blank = read_request(stream)
        if blank is not None:
            self._doors.rejected("", arrived.address, blank)
            stream.send(reject_pdu(blank))
            return
        request = decoded(pdu)
        proposal = request.proposal(arrived.address, arrived.our_address, onward.certificate)
        answer = self._doors.admit(proposal)
        if isinstance(answer, Caller) and not self._limits.admit(visit, answer.site):
            self._doors.rejected(proposal.calling_ae, arrived.address, LIMIT_EXCEEDED)
            answer = LIMIT_EXCEEDED
        if isinstance(answer, Rejection):
            stream.send(reject_pdu(answer))
            return
        stream.wait_at_most(self._patience.message)
        if self._is_plain(request):
            self._serve(stream, request, answer, visit)
        else:
            onward.hand_over(Begun(arrived.connection, pdu, answer))

    def _is_plain(self, request: Request) -> bool:
        """Tell whether nothing is asked for that we have but storage and verification."""
        ours = request.abstract_syntaxes & self._supported.keys()
        return ours <= STORAGE_AND_VERIFICATION and not request.selects_roles

    def _serve(self, stream: PduStream, request: Request, caller: Caller, visit: Visit) -> None:
        supported = self._supported
        if not caller.site:
            supported = {VERIFICATION: supported[VERIFICATION]}
        answered = request.answered(supported)
        with Hosted(self._doors, caller) as host:
            visit.close = stream.break_off
            stream.read_ahead()
            stream.send(acceptance(request, answered, self._patience.largest_pdu))
            association = PlainAssociation(
                stream, accepted(answered), host, self._patience.largest_pdu
            )  # fmt: skip
            host.was_released = association.serve()


class Onward(NamedTuple):
    """What a connection showed by TLS, and who goes on with it."""

    certificate: str
    hand_over: Callable[[Begun], None]


class Patience(NamedTuple):
    """Seconds to wait for a request and inside an association, and the longest PDU we announce."""

    request: float
    message: float
    largest_pdu: int


class Hosted:
    """One plain association as the rest of the hub sees it; takes what it brings."""

    def __init__(self, doors: Doors, caller: Caller) -> None:
        self._doors, self._caller = doors, caller
        self._thread = threading.current_thread()
        self._desk = Desk()
        self._message = Message("", "", "")
        self.was_released = False

    def __enter__(self) -> "Hosted":
        self._doors.opened(self, self._caller)
        return self

    def __exit__(self, *_error: object) -> None:
        self._desk.close()
        self._doors.ended(self, self.was_released)

    def is_alive(self) -> bool:
        """Tell whether its thread still serves it."""
        return self._thread.is_alive()

    def begin(self, command: Command, context: Context) -> Spool:
        """Return where the data set of `command` goes."""
        self._message = Message(
            command.sop_class_uid, command.sop_instance_uid, context.transfer_syntax
        )  # fmt: skip
        return self._doors.receiver.begin(self, self._message, self._desk)

    def answer(self, spool: Spool) -> int:
        """Keep what was received, or not, and return the status."""
        return self._doors.receiver.answer(self, self._message, spool)

    def too_large(self) -> None:
        """Note a message that is longer than the hub takes."""
        self._doors.receiver.too_large(self, self._message)
