"""MLLP (HL7 minimal lower layer protocol): frames with bounds, and no caller that holds up another."""

import signal
import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from hub.hl7.receive import answer
from hub.settings import Settings
from hub.store import Store, open_store

START, END = b"\x0b", b"\x1c\x0d"
LARGEST_MESSAGE = 256 * 1024
#: Seconds of silence after which a connection is closed, inside a frame too.
SILENCE_SECONDS = 60.0
#: Connections at once, and of one address: a system that opens more has forgotten to close some.
MOST_CONNECTIONS, MOST_OF_ONE = 64, 8

log = structlog.get_logger("hub.hl7")


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; the main thread only. Raises OSError where the address is taken."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: told.set())
    store = open_store(settings)
    with serving(store):
        log.info("serving", address=settings.hl7)
        told.wait()
    store.close()


@contextmanager
def serving(store: Store) -> Iterator[None]:
    """Take messages for `store` at its settings' address while the context is open."""
    with Server(
        store.settings.hl7_address, lambda content, address: answer(store, content, address)
    ) as server:
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


class Server(socketserver.ThreadingTCPServer):
    """A thread per caller, as many as may call."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64
    block_on_close = False

    def __init__(self, address: tuple[str, int], respond: Callable[[bytes, str], bytes]) -> None:
        """Bind `address`; `respond` answers each message."""
        self.respond = respond
        self._callers: Counter[str] = Counter()
        self._lock = threading.Lock()
        super().__init__(address, _Caller)

    def verify_request(self, request: object, client_address: object) -> bool:
        """Take a caller in, or close its connection where too many are open."""
        host = str(client_address[0])  # type: ignore[index]
        with self._lock:
            if self._callers.total() >= MOST_CONNECTIONS or self._callers[host] >= MOST_OF_ONE:
                return False
            self._callers[host] += 1
        return True

    def gone(self, host: str) -> None:
        """Count a caller out."""
        with self._lock:
            self._callers[host] -= 1

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a peer that went away is no fault of ours."""


class _Caller(socketserver.BaseRequestHandler):
    server: Server
    request: socket.socket

    def handle(self) -> None:
        self.request.settimeout(SILENCE_SECONDS)
        try:
            for content in frames(self.request):
                reply = self.server.respond(content, str(self.client_address[0]))
                self.request.sendall(START + reply + END)
        except OSError:
            return

    def finish(self) -> None:
        self.server.gone(str(self.client_address[0]))


def frames(connection: socket.socket) -> Iterator[bytes]:
    """Yield the content of each frame; end where the peer ends, or sends what is none, or too much."""
    waiting = bytearray()
    while True:
        at = waiting.find(END)
        if at >= 0:
            yield bytes(waiting[1:at])
            del waiting[: at + len(END)]
            continue
        received = connection.recv(65536)
        waiting += received
        if not received or len(waiting) > LARGEST_MESSAGE or (waiting and waiting[:1] != START):
            return
