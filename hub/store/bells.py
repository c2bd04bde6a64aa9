"""The doorbell: a datagram that says "look at the database"; losing one costs seconds, nothing else."""

import os
import socket
from pathlib import Path
from types import TracebackType


class Bell:
    """A socket in the bells folder that wakes its owner when anything is committed."""

    def __init__(self, folder: Path, name: str) -> None:
        """Bind `<folder>/<name>-<pid>.sock`."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / f"{name}-{os.getpid()}.sock"
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self._path))

    def wait(self, seconds: float) -> bool:
        """Wait for a ring, at most `seconds`; swallow further rings that are already there."""
        self._socket.settimeout(max(seconds, 0.001))
        try:
            self._socket.recv(16)
        except TimeoutError:
            return False
        self._drain()
        return True

    def _drain(self) -> None:
        self._socket.setblocking(False)
        try:
            while True:
                self._socket.recv(16)
        except BlockingIOError:
            return

    def close(self) -> None:
        """Take the bell down."""
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def __enter__(self) -> "Bell":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def ring(folder: Path) -> None:
    """Ring every bell in `folder`; one whose owner is gone is taken down, a full one is left."""
    try:
        paths = [entry.path for entry in os.scandir(folder) if entry.name.endswith(".sock")]
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        for path in paths:
            _ring_one(sender, path)


def _ring_one(sender: socket.socket, path: str) -> None:
    try:
        sender.sendto(b"!", path)
    except ConnectionRefusedError:
        Path(path).unlink(missing_ok=True)
    except (BlockingIOError, FileNotFoundError):
        return
