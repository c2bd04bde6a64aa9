"""Refusals of strangers in the audit trail: the first of a kind, address and minute as a row, others counted.

A flood costs a bounded number of rows: two a minute for each address and kind, and beyond MOST_WINDOWS of
these two for each kind from all other addresses together. Every refusal is accounted for, since the second
row holds the count. Counts are written every second, and sooner when MOST_UNWRITTEN wait: a killed process
loses no more than those.
"""

import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from hub.store import audit
from hub.store.engine import Store, now
from hub.store.tables import RefusalWindow

#: So many counted refusals may be in no row yet; who refuses one more writes them first.
MOST_UNWRITTEN = 100
WRITE_SECONDS = 1.0
#: Kinds and addresses told apart in one minute; the others are counted together for each kind.
MOST_WINDOWS = 60
OTHERS = "*"
#: Who refuses while another writes waits no longer than this; its refusal is then written with the next.
TURN_SECONDS = 5.0
#: After the database refused a row nobody waits for it again so soon.
REST_SECONDS = 5.0
#: A count is told once its minute has been over for so long that every process has written its share.
SETTLED = timedelta(seconds=75)

#: A page or a file is not viewed, but an association is not made: the acts of outcomes that are no view.
ACTS = {"rejected": "associate", "wrong-password": "login", "slowed": "login"}

log = structlog.get_logger("refusals")


@dataclass(frozen=True)
class Refusal:
    """What was refused to whom; the first word of `kind` is the outcome, the whole tells windows apart."""

    address: str
    kind: str
    thing: str
    detail: str = ""


@dataclass(frozen=True)
class Window:
    """One minute of refusals of one kind to one address."""

    minute: datetime
    address: str
    kind: str


@dataclass
class Waiting:
    """Refusals of one window that are in no row yet: the first of them, and how many there are."""

    first: Refusal
    count: int = 0


class Tally:
    """One process' refusals of callers whom it does not know; for many threads."""

    def __init__(self, store: Store) -> None:
        """Write into `store`; a thread of its own starts with the first refusal."""
        self._store = store
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: dict[Window, Waiting] = {}
        self._known: set[Window] = set()
        self._rests_until = float("-inf")
        self._thread: threading.Thread | None = None

    def note(self, refusal: Refusal) -> None:
        """Take `refusal` in. The first of its window is in a row when this returns, if the database can."""
        with self._lock:
            window = self._window_of(refusal)
            self._waiting.setdefault(window, Waiting(refusal)).count += 1
            due = window not in self._known or self._unwritten() >= MOST_UNWRITTEN
            self._start()
        if due and time.monotonic() >= self._rests_until:
            self.write()

    def write(self) -> None:
        """Write what waits; it goes on waiting while the database takes nothing."""
        if not self._turn.acquire(timeout=TURN_SECONDS):
            return
        try:
            with self._lock:
                taken, self._waiting = self._waiting, {}
            if taken:
                self._write(taken)
        finally:
            self._turn.release()

    def _write(self, taken: dict[Window, Waiting]) -> None:
        try:
            with self._store.writing() as session:
                audit.lock_chain(session)
                for window, waiting in taken.items():
                    _add(session, window, waiting)
        except SQLAlchemyError as error:
            log.warning("refusals wait for the database", kind=type(error).__name__)
            self._rests_until = time.monotonic() + REST_SECONDS
            self._put_back(taken)
            return
        with self._lock:
            newest = max(window.minute for window in taken)
            self._known = {window for window in (*self._known, *taken) if window.minute >= newest}

    def _put_back(self, taken: dict[Window, Waiting]) -> None:
        with self._lock:
            for window, waiting in taken.items():
                self._waiting.setdefault(window, Waiting(waiting.first)).count += waiting.count

    def _window_of(self, refusal: Refusal) -> Window:
        window = Window(now().replace(second=0, microsecond=0), refusal.address, refusal.kind)
        if window in self._waiting or window in self._known:
            return window
        full = len(self._waiting) + len(self._known) >= 2 * MOST_WINDOWS
        return replace(window, address=OTHERS) if full else window

    def _unwritten(self) -> int:
        return sum(waiting.count for waiting in self._waiting.values())

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="refusals", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(WRITE_SECONDS)
            try:
                self.write()
            except Exception as error:  # counting goes on, whatever happens to one write
                log.error("refusals could not be written", exc_info=error)


def tell_counts(session: Session) -> int:
    """Add the row of every count whose minute is over, and forget the count; return how many were told."""
    audit.lock_chain(session)
    ended = delete(RefusalWindow).where(RefusalWindow.minute < now() - SETTLED)
    rows = session.execute(
        ended.returning(
            RefusalWindow.minute, RefusalWindow.address, RefusalWindow.kind, RefusalWindow.further
        )
    ).all()
    told = [row for row in rows if row.further]
    for row in sorted(told):
        said = f"{row.further} more in the minute from {row.minute:%Y-%m-%d %H:%M} UTC"
        _append(session, Refusal(row.address, row.kind, "*", f"{said}{_apart(row.kind)}"))
    return len(told)


def counts_to_tell(session: Session) -> bool:
    """Tell whether `tell_counts` has anything to do; asked without the writer's lock."""
    asked = select(RefusalWindow.id).where(RefusalWindow.minute < now() - SETTLED).limit(1)
    return session.scalar(asked) is not None


def _add(session: Session, window: Window, waiting: Waiting) -> None:
    """Count into the window's row; the first of all makes it, and is an audit row of its own."""
    if _counted(session, window, waiting.count):
        return
    if window.address != OTHERS and _windows_in(session, window.minute) >= MOST_WINDOWS:
        window = replace(window, address=OTHERS)
        if _counted(session, window, waiting.count):
            return
    session.add(RefusalWindow(**vars(window), further=waiting.count - 1))
    session.flush()
    first = waiting.first
    many = "the address is one of many" if window.address == OTHERS else ""
    said = "; ".join(part for part in (first.detail, many) if part)
    _append(session, replace(first, detail=said))


def _append(session: Session, refusal: Refusal) -> None:
    outcome = refusal.kind.partition(" ")[0]
    who = {"actor": "", "role": "", "address": refusal.address, "detail": refusal.detail}
    audit.append(session, audit.entry(ACTS.get(outcome, "view"), refusal.thing, outcome, **who))


def _apart(kind: str) -> str:
    """Return what a count says of its kind beside the outcome."""
    return f" {kind.partition(' ')[2]}".rstrip()


def _counted(session: Session, window: Window, count: int) -> bool:
    counting = update(RefusalWindow).where(
        RefusalWindow.minute == window.minute,
        RefusalWindow.address == window.address,
        RefusalWindow.kind == window.kind,
    )
    done = session.execute(counting.values(further=RefusalWindow.further + count))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _windows_in(session: Session, minute: datetime) -> int:
    return session.scalar(select(func.count()).where(RefusalWindow.minute == minute)) or 0
