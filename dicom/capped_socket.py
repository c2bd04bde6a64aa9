"""A peer's connection, bounded in length and time before pynetdicom reads from it."""

import socket
import struct
from collections.abc import Callable
from typing import cast

from pynetdicom.association import Association
from pynetdicom.pdu_primitives import A_ASSOCIATE
from pynetdicom.transport import AssociationSocket

from dicom.status import UNKNOWN_CALLED, UNKNOWN_CALLING, Rejection

#: 128 contexts with a few transfer syntaxes each and the longest user information fit in.
LARGEST_ASSOCIATE_PDU = 64 * 1024
PDU_HEADER = 6  # PS3.8 9.3.1
CALLED_TITLE, CALLING_TITLE = slice(4, 20), slice(20, 36)  # PS3.8 table 9-11, behind the header
#: States of the upper layer in which no request has come (PS3.8 table 9-1); the first until it looks.
BEFORE_REQUEST = ("Sta1", "Sta2")
#: Linux tcp(7); absent from the socket module of other systems.
TCP_QUICKACK = getattr(socket, "TCP_QUICKACK", None)

OnBlank = Callable[[Association, Rejection], None]


class CappedSocket(AssociationSocket):
    """A connection that gives no PDU longer than allowed and never waits for ever inside one."""

    def __init__(
        self, association: Association, connection: socket.socket, seconds: float | None, on_blank: OnBlank
    ) -> None:
        """Wrap `connection`; each read and write waits at most `seconds` for the peer."""
        super().__init__(association, client_socket=connection)
        self._on_blank = on_blank
        self._connection = connection
        connection.settimeout(seconds)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def recv(self, nr_bytes: int) -> bytearray:
        """Return `nr_bytes`, or what came before the peer closed.

        Raises OSError where that is more than a PDU may have here, and TimeoutError where the peer is silent.
        """
        if self.assoc.dul.state_machine.current_state in BEFORE_REQUEST:
            return self._recv_request(nr_bytes)
        if nr_bytes > cast(int, self.assoc.acceptor.maximum_length):
            raise OSError("the PDU is longer than we announced")
        return self._read(nr_bytes)

    def _recv_request(self, nr_bytes: int) -> bytearray:
        """Read from a peer that has not asked for an association yet; end the wait for it when it fails."""
        try:
            if nr_bytes > LARGEST_ASSOCIATE_PDU:
                raise OSError("no association request is that long")
            received = self._read(nr_bytes)
            if len(received) < nr_bytes:
                raise OSError("the peer went away")
            if nr_bytes > PDU_HEADER:
                self._refuse_blank(received)
        except OSError:
            # pynetdicom would go on waiting for the request, and count the dead peer as an association.
            self.assoc.dul.to_user_queue.put(cast(A_ASSOCIATE, None))
            raise
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
