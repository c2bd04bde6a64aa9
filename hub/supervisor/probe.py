"""Whether a page answers, or anybody listens, asked from this machine."""

import http.client
import socket

ANSWER_SECONDS = 2.0


def page_is_ok(address: tuple[str, int], path: str) -> bool:
    """Tell whether `path` at `address` answers 200; one that means "all" is asked on the loopback."""
    connection = http.client.HTTPConnection(reachable(address[0]), address[1], timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def reachable(host: str) -> str:
    """Return a host to connect to for one that is listened on."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def listens(address: tuple[str, int]) -> bool:
    """Tell whether somebody accepts connections at `address`."""
    try:
        with socket.create_connection((reachable(address[0]), address[1]), ANSWER_SECONDS):
            return True
    except OSError:
        return False
