"""TCP ports of the loopback that nobody has."""

import os
import secrets
import socket

#: Below the ports that the system gives to callers: between the look and its use nobody takes one.
FIRST, SHARE, PROCESSES = 12_000, 2_500, 8

_given: set[int] = set()


def free_port() -> int:
    """Return a port that nobody listens on, another one at each call.

    Each process of a run (pytest-xdist) has a range of its own.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST + SHARE * (worker % PROCESSES)
    while True:
        port = first + secrets.randbelow(SHARE)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
