"""The relay: hands due errands to the broker, woken by the bell, sweeping in case it was missed."""

import signal
import threading
import time
from types import FrameType

import structlog
from kombu.exceptions import OperationalError
from sqlalchemy.exc import DBAPIError

from hub.settings import Settings
from hub.store import Store, errands, open_store
from hub.store.bells import Bell
from hub.store.notified import pass_on_notifications
from hub.store.upkeep import sweep
from workers.app import send_errand
from workers.desk import is_gone

log = structlog.get_logger("relay")

#: An errand in the broker for so long unclaimed counts as lost and is sent again.
HANDED_SECONDS = 30.0
#: At most so many errands are with the broker at once; the rest wait in the database.
IN_FLIGHT = 64
#: How often what only mattered for a while is swept away.
UPKEEP_SECONDS = 600.0


def run(settings: Settings) -> None:
    """Relay errands until told to stop by SIGTERM or SIGINT."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    store = open_store(settings)
    pass_on_notifications(store)
    swept = float("-inf")
    with Bell(store.bells, "relay") as bell:
        while not stopping.is_set():
            bell.wait(_pass_safely(store, settings))
            if time.monotonic() - swept > UPKEEP_SECONDS:
                swept = time.monotonic()
                _sweep_safely(store)
    store.close()


def _pass_safely(store: Store, settings: Settings) -> float:
    """One pass; a broker or database that is away is waited for, nothing is lost meanwhile."""
    try:
        return relay_once(store, settings)
    except (OperationalError, DBAPIError, OSError) as error:
        log.warning("relay waits", error=type(error).__name__)
        return 1.0


def _sweep_safely(store: Store) -> None:
    try:
        with store.writing() as session:
            sweep(session)
    except DBAPIError as error:
        log.warning("upkeep waits", error=type(error).__name__)


def relay_once(store: Store, settings: Settings) -> float:
    """Hand over what is due and return how long there is nothing to do, at most one sweep."""
    _take_back(store)
    with store.reading() as session:
        due = [(row.id, row.kind) for row in errands.due_errands(session, _room(session))]
    for errand_id, kind in due:
        send_errand(settings, errand_id, kind)
    if due:
        with store.writing() as session:
            for errand_id, _kind in due:
                errands.hand_over(session, errand_id, HANDED_SECONDS)
    with store.reading() as session:
        wait = errands.seconds_to_next(session)
    return settings.relay_sweep_seconds if wait is None else min(wait, settings.relay_sweep_seconds)


def _room(session) -> int:  # type: ignore[no-untyped-def]
    return max(0, IN_FLIGHT - errands.in_flight(session))


def _take_back(store: Store) -> None:
    """Errands of workers that died or fell silent wait again; written only when there are any."""
    with store.reading() as session:
        gone = [holder for holder in errands.holders(session) if holder and is_gone(holder)]
        late = errands.overdue(session)
    if gone or late:
        with store.writing() as session:
            errands.take_back_lost(session, gone)
