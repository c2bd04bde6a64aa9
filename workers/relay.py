"""The relay: hands due errands to the broker, woken by the bell, sweeping in case it was missed."""

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from types import FrameType

import structlog
from kombu.exceptions import OperationalError
from sqlalchemy.exc import DBAPIError

from hub.settings import Settings
from hub.store import Store, errands, open_store
from hub.store.audit_anchor import drop_anchor
from hub.store.bells import Bell
from hub.store.engine import now
from hub.store.errands import write_errand
from hub.store.notified import pass_on_notifications
from hub.store.outlook import Outlook, outlook
from hub.store.refusals import counts_to_tell, tell_counts
from hub.store.tables import Errand
from hub.store.upkeep import sweep
from workers.app import queue_of, send_errands
from workers.desk import is_gone

log = structlog.get_logger("relay")

#: An errand in the broker for so long unclaimed counts as lost and is sent again.
HANDED_SECONDS = 30.0
#: At most so many errands are with the broker at once; the rest wait in the database.
IN_FLIGHT = 64
#: With so many there the bell, which rings for every result, is not heard for so long.
PLENTY = IN_FLIGHT // 2
FULL_SECONDS = 0.25
#: At most so many objects to read in one message: a doctor waits for the last of them.
BUNDLE = 8
#: How often what only mattered for a while is swept away.
UPKEEP_SECONDS = 600.0
#: How often what was counted goes into the audit trail, whose end is written down beside the database.
TRAIL_SECONDS = 2.0
#: The hours, by the county's clock, in which a night's scrub of the kept files begins.
SCRUB_HOURS = range(1, 5)


def run(settings: Settings) -> None:
    """Relay errands until told to stop by SIGTERM or SIGINT."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    store = open_store(settings)
    pass_on_notifications(store)
    store.copy_sites()
    swept = tended = float("-inf")
    with Bell(store.bells, "relay") as bell:
        while not stopping.is_set():
            seconds = _pass_safely(store, settings)
            if seconds is None:
                stopping.wait(FULL_SECONDS)
            else:
                bell.wait(seconds)
            if time.monotonic() - tended > TRAIL_SECONDS:
                tended = time.monotonic()
                _tend_trail_safely(store)
            if time.monotonic() - swept > UPKEEP_SECONDS:
                swept = time.monotonic()
                _sweep_safely(store)
    store.close()


def _pass_safely(store: Store, settings: Settings) -> float | None:
    """One pass; a broker or database that is away is waited for, nothing is lost meanwhile."""
    try:
        return relay_once(store, settings)
    except (OperationalError, DBAPIError, OSError) as error:
        log.warning("relay waits", error=type(error).__name__)
        return 1.0


def _tend_trail_safely(store: Store) -> None:
    try:
        _tell_counts(store)
        if not drop_anchor(store):
            log.error("the audit trail does not go on from where it was; run `readhub audit verify`")
    except (DBAPIError, OSError) as error:
        log.warning("the audit trail's end could not be kept", error=type(error).__name__)


def _sweep_safely(store: Store) -> None:
    try:
        local = now().astimezone(store.settings.zone)
        with store.writing() as session:
            sweep(session)
            if local.hour in SCRUB_HOURS:
                write_errand(session, "scrub", 0, key=f"scrub:{local.date()}:0")
    except DBAPIError as error:
        log.warning("upkeep waits", error=type(error).__name__)


def relay_once(store: Store, settings: Settings) -> float | None:
    """Hand over what is due and return how long there is nothing to do, at most one sweep.

    None says that the broker has plenty.
    """
    ahead = _look(store)
    gone = [holder for holder in ahead.holders if holder and is_gone(holder)]
    if gone or ahead.is_overdue:  # of workers that died or fell silent: they wait again
        with store.noting(quietly=True) as session:
            errands.take_back_lost(session, gone)
        ahead = _look(store)
    if ahead.seconds == 0 and ahead.in_flight < IN_FLIGHT:
        _hand_over(store, settings, IN_FLIGHT - ahead.in_flight)
        ahead = _look(store)
    if ahead.in_flight >= PLENTY:
        return None
    return min(settings.relay_sweep_seconds, float("inf") if ahead.seconds is None else ahead.seconds)


def _look(store: Store) -> Outlook:
    with store.reading() as session:
        return outlook(session)


def _hand_over(store: Store, settings: Settings, most: int) -> None:
    with store.reading() as session:
        due = errands.due_errands(session, most)
    for queue, ids in bundles(due, settings.worker_processes):
        send_errands(settings, ids, queue)
    if due:
        with store.noting(quietly=True) as session:
            errands.hand_over(session, [row.id for row in due], HANDED_SECONDS)


def bundles(due: Sequence[Errand], workers: int) -> Iterator[tuple[str, list[int]]]:
    """Yield (queue, errand ids) for each message.

    Objects to read go in bundles, so that taking them up and writing them down costs little beside the
    reading, and every worker has one. An errand that ended a worker goes alone: it must not take others with
    it again.
    """
    fresh = [row.id for row in due if queue_of(row.kind) == "read" and not row.attempts]
    size = max(1, min(BUNDLE, -(-len(fresh) // workers)))
    for at in range(0, len(fresh), size):
        yield "read", fresh[at : at + size]
    yield from ((queue_of(row.kind), [row.id]) for row in due if row.id not in set(fresh))


def _tell_counts(store: Store) -> None:
    """Put counted refusals into the audit trail once their minute is over; written only if there are any."""
    with store.reading() as session:
        due = counts_to_tell(session)
    if due:
        with store.writing() as session:
            tell_counts(session)
