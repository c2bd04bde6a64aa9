"""Errands: what must happen later, written down in the same commit as its cause."""

from hub.domain.moves import Moves

ERRAND_STATES = ("waiting", "sent", "running", "done", "dead")
#: Those of an errand that is still to be done, or is being done.
UNDER_WAY = ("waiting", "sent", "running")

ERRAND_MOVES: Moves = {
    ("waiting", "handed-to-broker"): "sent",
    ("waiting", "claimed"): "running",
    ("sent", "claimed"): "running",
    ("sent", "lost"): "waiting",
    ("running", "lost"): "waiting",
    ("running", "postponed"): "waiting",
    ("running", "finished"): "done",
    ("running", "given-up"): "dead",
    ("dead", "retried-by-hand"): "waiting",
}

#: Attempts after which a piece of inner work (a pre-read, a rendering) is put aside as poison.
MOST_ATTEMPTS = 3

#: Minutes between delivery attempts, then hourly, for seven days (roadmap of the return path).
DELIVERY_BACKOFF_MINUTES = (1, 5, 15, 60)
DELIVERY_DAYS = 7

#: Seconds a worker may hold an errand before it counts as lost, by kind.
LEASE_SECONDS = {"pre-read": 60, "deliver": 600, "tell-commitment": 600}
OTHER_LEASE_SECONDS = 120

#: Nobody waits for a reading's SR or a picture drawn ahead: while objects wait for their reading these give
#: way, for so long, and they never begin in the moment in which the reading is being shown.
GIVING_WAY = ("write-reading", "draw")
GIVES_WAY_TO = ("pre-read",)
GIVES_WAY_SECONDS = 120.0
AFTERWARDS_SECONDS = 0.5


def delivery_delay_seconds(attempts: int, jitter: float) -> float:
    """Seconds until the next try after `attempts` failures; `jitter` in 0..1 adds up to a tenth."""
    index = min(max(attempts, 1), len(DELIVERY_BACKOFF_MINUTES)) - 1
    return DELIVERY_BACKOFF_MINUTES[index] * 60.0 * (1.0 + 0.1 * jitter)


def delivery_is_over(age_seconds: float) -> bool:
    """Tell whether a delivery has been tried for its full week."""
    return age_seconds >= DELIVERY_DAYS * 86400
