"""A peer's connection, bounded in length and time before pynetdicom reads from it."""

import socket
import struct
from typing import cast

from pynetdicom.association import Association
from pynetdicom.transport import AssociationSocket

from dicom.command_set import LAST
from dicom.pdu_stream import PDU_HEADER, PDV_HEADER
from dicom.status import Rejection

#: Of a message on an association that pynetdicom serves.
LARGEST_IN_MEMORY = 256 * 1024**2

#: Linux tcp(7); absent from the socket module of other systems.
TCP_QUICKACK = getattr(socket, "TCP_QUICKACK", None)


class CappedSocket(AssociationSocket):
    """A connection that gives no PDU longer than allowed and never waits for ever inside one."""

    def __init__(
        self, association: Association, connection: socket.socket, seconds: float | None, already: bytes
    ) -> None:
        """Wrap `connection`, from which `already` was read; a read or write waits at most `seconds`."""
        super().__init__(association, client_socket=connection)
        self._already = already
        self._collected = 0
        self._connection = connection
        connection.settimeout(seconds)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def ready(self) -> bool:
        """Tell whether there is something to read."""
        return bool(self._already) or bool(super().ready)

    def recv(self, nr_bytes: int) -> bytearray:
        """Return `nr_bytes`, or what came before the peer closed.

        Raises OSError where that is more than a PDU may have here, and TimeoutError where the peer is silent.
        """
        if self._already:
            taken, self._already = self._already[:nr_bytes], self._already[nr_bytes:]
            return bytearray(taken)
        if nr_bytes > cast(int, self.assoc.acceptor.maximum_length):
            raise OSError("the PDU is longer than we announced")
        received = self._read(nr_bytes)
        if nr_bytes > PDU_HEADER:
            self._count(received)
        return received

    def _count(self, body: bytearray) -> None:
        """Count what a message has brought: pynetdicom collects it in memory until its last fragment."""
        self._collected += len(body)
        at = 0
        while at + PDV_HEADER <= len(body):
            if body[at + 5] & LAST:
                self._collected = 0
            at += 4 + max(2, int.from_bytes(body[at : at + 4], "big"))
        if self._collected > LARGEST_IN_MEMORY:
            raise OSError("the message is longer than what may be in memory")

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


def reject_pdu(rejection: Rejection) -> bytes:
    """Return the A-ASSOCIATE-RJ PDU of PS3.8 table 9-21."""
    return struct.pack(">BBLBBBB", 3, 0, 4, 0, rejection.result, rejection.source, rejection.reason)
