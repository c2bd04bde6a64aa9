"""Accepting connections: what arrives on a socket is bounded in length and time before it is read."""

import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from pynetdicom import AE, evt
from pynetdicom.transport import AssociationSocket, RequestHandler, ThreadedAssociationServer

from dicom.contexts import SharedContexts
from dicom.status import UNKNOWN_CALLED, UNKNOWN_CALLING, Rejection

if TYPE_CHECKING:
    from pynetdicom.association import Association

#: 128 contexts with every transfer syntax and the longest user information fit in.
LARGEST_ASSOCIATE_PDU = 64 * 1024
PDU_HEADER = 6  # PS3.8 9.3.1
CALLED_TITLE, CALLING_TITLE = slice(4, 20), slice(20, 36)  # PS3.8 table 9-11, behind the header
#: Linux tcp(7); absent from the socket module of other systems.
TCP_QUICKACK = getattr(socket, "TCP_QUICKACK", None)

OnBlank = Callable[["Association", Rejection], None]


class CappedSocket(AssociationSocket):
    """A peer's connection that gives no PDU longer than allowed and never waits for ever inside one."""

    def __init__(self, original: AssociationSocket, seconds: float | None, on_blank: OnBlank) -> None:
        """Take over `original`; a read waits at most `seconds` for the next byte."""
        vars(self).update(vars(original))
        self._on_blank = on_blank
        self._connection = cast(socket.socket, self.socket)
        self._connection.settimeout(seconds)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def recv(self, nr_bytes: int) -> bytearray:
        """Return `nr_bytes`, or what came before the peer closed.

        Raises OSError where that is more than a PDU may have here, and TimeoutError where the peer is silent.
        """
        associating = self.assoc.dul.state_machine.current_state == "Sta2"
        limit = LARGEST_ASSOCIATE_PDU if associating else self.assoc.acceptor.maximum_length
        if limit and nr_bytes > limit:
            raise OSError("the PDU is longer than we announced")
        received = self._read(nr_bytes)
        if associating and nr_bytes > PDU_HEADER:
            self._refuse_blank(received)
        return received

    def _read(self, nr_bytes: int) -> bytearray:
        received = bytearray(nr_bytes)
        at = 0
        with memoryview(received) as view:
            while at < nr_bytes:
                self._acknowledge_at_once()
                count = self._connection.recv_into(view[at:])
                if count == 0:
                    break
                at += count
        del received[at:]
        return received

    def _acknowledge_at_once(self) -> None:
        """A sender with Nagle's algorithm waits 40 ms for a delayed acknowledgement, at every instance."""
        if TCP_QUICKACK is not None:
            self._connection.setsockopt(socket.IPPROTO_TCP, TCP_QUICKACK, 1)

    def _refuse_blank(self, request: bytearray) -> None:
        """Reject a title of spaces only, which pynetdicom would answer by an abort without a reason."""
        for place, rejection in ((CALLED_TITLE, UNKNOWN_CALLED), (CALLING_TITLE, UNKNOWN_CALLING)):
            if len(request) >= place.stop and not request[place].strip(b"\0 "):
                self._on_blank(self.assoc, rejection)
                self._connection.sendall(reject_pdu(rejection))
                raise OSError("an application entity title is blank")


def reject_pdu(rejection: Rejection) -> bytes:
    """Return the A-ASSOCIATE-RJ PDU of PS3.8 table 9-21."""
    return struct.pack(">BBLBBBB", 3, 0, 4, 0, rejection.result, rejection.source, rejection.reason)


class HubServer(ThreadedAssociationServer):
    """pynetdicom's server with a longer queue of callers and capped sockets."""

    request_queue_size = 128

    def __init__(self, *given: Any, on_blank: OnBlank, **more: Any) -> None:
        """Serve as pynetdicom does; `on_blank` is told of an association that names nobody."""
        self.on_blank = on_blank
        super().__init__(*given, **more)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a peer that vanished while it was accepted is no fault of ours."""


class _Handler(RequestHandler):
    def _create_association(self) -> "Association":
        association = super()._create_association()
        server = cast(HubServer, self.server)
        original = cast(AssociationSocket, association.dul.socket)
        association.dul.socket = CappedSocket(original, server.ae.network_timeout, server.on_blank)
        return association


def listen(
    entity: AE,
    address: tuple[str, int],
    contexts: SharedContexts,
    handlers: list[evt.EventHandlerType],
    on_blank: OnBlank,
) -> HubServer:
    """Return a server bound to `address`; it serves once `serve_forever` runs.

    Raises OSError where the address is taken.
    """
    server = entity.make_server(
        address, contexts=contexts, evt_handlers=handlers, server_class=HubServer,
        on_blank=on_blank, request_handler=_Handler,
    )  # fmt: skip
    entity._servers.append(server)  # its shutdown() takes itself off this list
    return cast(HubServer, server)
