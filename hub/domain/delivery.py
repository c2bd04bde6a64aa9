"""The states of one report version on its way to one destination."""

from hub.domain.moves import Moves

DELIVERY_STATES = ("queued", "failing", "sent", "confirmed", "dead")

DELIVERY_MOVES: Moves = {
    ("queued", "accepted"): "sent",
    ("queued", "failed"): "failing",
    ("queued", "found-there"): "confirmed",
    ("failing", "accepted"): "sent",
    ("failing", "failed"): "failing",
    ("failing", "found-there"): "confirmed",
    ("failing", "given-up"): "dead",
    ("queued", "given-up"): "dead",
    ("sent", "found-there"): "confirmed",
    ("sent", "accepted"): "sent",
    ("dead", "retried-by-hand"): "queued",
}

#: Failures after which a delivery is shown red.
RED_FROM_FAILURE = 3


def storage_outcome(status: int) -> str:
    """Name what a C-STORE status means to the sender (PS3.4 B.2.3, PS3.7 C): stored, warned or failed."""
    if status == 0x0000:
        return "stored"
    if status in (0x0001, 0x0107, 0x0116) or 0xB000 <= status <= 0xBFFF:
        return "warned"
    return "failed"
