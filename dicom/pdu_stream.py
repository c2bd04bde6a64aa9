"""A peer's byte stream as PDUs (PS3.8 9.3): every length capped, every wait bounded, nothing copied twice."""

import socket
import ssl
import struct
import time

# PS3.8 9.3.1: the types of PDU.
ASSOCIATE_RQ, ASSOCIATE_AC, ASSOCIATE_RJ, P_DATA, RELEASE_RQ, RELEASE_RP, ABORT = range(1, 8)
PDU_HEADER = 6
PDV_HEADER = 6  # item length, presentation context, message control header: PS3.8 9.3.5.1 and E.2

# PS3.8 table 9-26: who aborts, and the provider's reasons.
BY_USER, BY_PROVIDER = 0, 2
NO_REASON, UNRECOGNISED, UNEXPECTED, INVALID_PARAMETER = 0, 1, 2, 6

#: Linux tcp(7); absent from the socket module of other systems.
TCP_QUICKACK = getattr(socket, "TCP_QUICKACK", None)


class Violation(Exception):
    """The peer broke the protocol: it is answered with an A-ABORT of this reason."""

    def __init__(self, sentence: str, reason: int = NO_REASON) -> None:
        super().__init__(sentence)
        self.reason = reason


class Gone(Exception):
    """The peer closed the connection, reset it, or was silent for too long."""


_PDU_HEADER, _PDV_HEADER = struct.Struct(">BxL"), struct.Struct(">LBB")

#: What is read beyond what was asked for, once nobody else will go on with the connection.
READ_AHEAD = 1024


class PduStream:
    """Reads and writes PDUs on a connected socket, plain or TLS.

    A wait for a PDU ends after `idle` seconds, and from its first byte on the whole PDU has `idle` more.
    """

    def __init__(self, connection: socket.socket, idle: float) -> None:
        self._connection = connection
        self._idle = idle
        self._until = float("inf")
        self._held = bytearray(PDU_HEADER + PDV_HEADER)
        self._at = self._end = 0
        self._reads_ahead = False
        connection.settimeout(idle)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def header(self) -> tuple[int, int]:
        """Wait for the next PDU and return its type and the length of what follows. Raises Gone."""
        self._until = float("inf")
        if self._at == self._end:
            self._at, self._end = 0, self._receive(memoryview(self._held))
        self._until = time.monotonic() + self._idle
        kind, length = _PDU_HEADER.unpack(self.read(PDU_HEADER))
        return kind, length

    def value_header(self) -> tuple[int, int, int]:
        """Return the next presentation data value's length, presentation context and control. Raises Gone."""
        length, context, control = _PDV_HEADER.unpack(self.read(PDV_HEADER))
        return length, context, control

    def read(self, count: int) -> bytes:
        """Return exactly `count` bytes of a PDU. Raises Gone."""
        at = self._at
        if self._end - at >= count:
            self._at = at + count
            return bytes(self._held[at : at + count])
        data = bytearray(count)
        self.read_into(memoryview(data))
        return bytes(data)

    def read_into(self, view: memoryview) -> None:
        """Fill `view` with what follows. Raises Gone."""
        held = min(self._end - self._at, len(view))
        if held:
            view[:held] = self._held[self._at : self._at + held]
            self._at += held
        at, wanted = held, len(view)
        while at < wanted:
            at += self._receive(view[at:] if at else view)
        if at > wanted:
            self._at, self._end = 0, at - wanted

    def send(self, data: bytes) -> None:
        """Send `data` whole. Raises Gone."""
        try:
            self._connection.sendall(data)
        except OSError as error:
            raise Gone(type(error).__name__) from error

    def abort(self, source: int, reason: int = NO_REASON) -> None:
        """Send an A-ABORT where that is still possible."""
        try:
            self._connection.sendall(struct.pack(">BxLxxBB", ABORT, 4, source, reason))
        except OSError:
            return

    def wait_at_most(self, idle: float) -> None:
        """Wait `idle` seconds from now on."""
        self._idle = idle
        self._connection.settimeout(idle)

    def read_ahead(self) -> None:
        """Read what is there already beyond what is asked for: the connection is ours to its end.

        Waits are left to the kernel, which needs no look at the socket before each of them. TLS does both
        in its own way.
        """
        if isinstance(self._connection, ssl.SSLSocket):
            return
        self._reads_ahead = True
        self._held += bytes(READ_AHEAD - len(self._held))
        self._connection.settimeout(None)
        limit = struct.pack("@ll", int(self._idle), int(self._idle % 1 * 1_000_000))  # struct timeval
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._connection.setsockopt(socket.SOL_SOCKET, option, limit)

    def break_off(self) -> None:
        """Abort from our side, also while another thread waits for the peer."""
        if not isinstance(self._connection, ssl.SSLSocket):  # two threads may not use one TLS session
            self.abort(BY_USER)
        self.cut()

    def cut(self) -> None:
        """End the connection without a word; who waits for the peer finds it gone."""
        try:
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)
        except OSError:
            return

    def _receive(self, view: memoryview) -> int:
        """Read into `view`, and into what is held where it is full; return how much came. Raises Gone."""
        if time.monotonic() > self._until:
            raise Gone("a PDU did not end in time")
        try:
            if TCP_QUICKACK is not None:
                # A sender with Nagle's algorithm waits 40 ms for a delayed acknowledgement.
                self._connection.setsockopt(socket.IPPROTO_TCP, TCP_QUICKACK, 1)
            if self._reads_ahead and view.obj is not self._held:
                count = self._connection.recvmsg_into([view, self._held])[0]
            else:
                count = self._connection.recv_into(view)
        except OSError as error:
            raise Gone(type(error).__name__) from error
        if count == 0:
            raise Gone("the peer closed the connection")
        return count
