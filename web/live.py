"""Tells open pages which studies changed: one thread per process hears the bell and asks the database."""

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import func, select

from hub.domain.scope import Scope
from hub.store import Store, now
from hub.store.bells import Bell
from hub.store.notified import pass_on_notifications
from hub.store.tables import Change

#: The database is asked this often even when no bell rings.
SWEEP_SECONDS = 2.0
#: Numbers looked at again: PostgreSQL commits them out of order.
OVERLAP = 100
#: What changed while a page was on its way to the browser is told to it once it listens.
MISSED_SECONDS = 30

log = structlog.get_logger("web.live")


@dataclass(frozen=True)
class Heard:
    """One change: its number, and which study of which site."""

    number: int
    study_id: int
    site_id: int


class Listener:
    """One open page: collects the studies that it may hear of."""

    def __init__(self, scope: Scope) -> None:
        """Hear of the sites in `scope` only."""
        self.scope = scope
        self._ids: dict[int, None] = {}
        self._last = 0
        self._closed = False
        self._rung = threading.Condition()

    def hear(self, changes: Iterable[Heard]) -> None:
        """Take in what concerns this page."""
        mine = [change for change in changes if self.scope.covers(change.site_id)]
        if not mine:
            return
        with self._rung:
            self._ids.update(dict.fromkeys(change.study_id for change in mine))
            self._last = max(self._last, *(change.number for change in mine))
            self._rung.notify()

    def wait(self, seconds: float) -> tuple[list[int], int]:
        """Return the ids that were heard, and the newest number; empty after `seconds` of silence."""
        with self._rung:
            if not self._ids and not self._closed:
                self._rung.wait(seconds)
            ids, self._ids = list(self._ids), {}
            return ids, self._last

    def close(self) -> None:
        """Wake whoever waits, for the last time."""
        with self._rung:
            self._closed = True
            self._rung.notify()

    @property
    def closed(self) -> bool:
        """Tell whether the process is going down."""
        return self._closed


class Ears:
    """All listeners of this process, and the thread that wakes them."""

    def __init__(self, store: Store, most: int) -> None:
        """Let at most `most` pages listen at once: each holds a thread."""
        self._store = store
        self._most = most
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._last = 0
        self._seen: deque[int] = deque(maxlen=2 * OVERLAP)

    def listen(self, scope: Scope, after: int | None = None) -> Listener | None:
        """Return a new listener that already heard what came after number `after`, or of late.

        None when there are too many: the page is to ask again and again instead.
        """
        listener = Listener(scope)
        with self._lock:
            if self._closing or len(self._listeners) >= self._most:
                return None
            self._listeners.add(listener)
            self._start()
        try:
            listener.hear(self._missed(after))
        except BaseException:
            self.leave(listener)
            raise
        return listener

    def leave(self, listener: Listener) -> None:
        """Forget a listener whose page is gone."""
        with self._lock:
            self._listeners.discard(listener)

    def close(self) -> None:
        """End every stream: the process is going down. Takes no lock: a signal handler may call it."""
        self._closing = True
        threading.Thread(target=self._close_all, daemon=True).start()

    def _close_all(self) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener.close()

    def _start(self) -> None:
        if self._thread is None:
            with self._store.reading() as session:
                self._last = session.scalar(select(func.max(Change.id))) or 0
            pass_on_notifications(self._store)
            self._thread = threading.Thread(target=self._run, name="ears", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        with Bell(self._store.bells, "web") as bell:
            while not self._closing:
                bell.wait(SWEEP_SECONDS)
                try:
                    self._tell()
                except Exception as error:  # the database may be away for a while; the sweep goes on
                    log.warning("changes could not be read", exc_info=error)

    def _tell(self) -> None:
        fresh = [change for change in self._after(self._last - OVERLAP) if change.number not in self._seen]
        # Numbers from before this thread began were told by `_missed`.
        fresh = [change for change in fresh if self._seen or change.number > self._last]
        if not fresh:
            return
        self._seen.extend(change.number for change in fresh)
        self._last = max(self._last, fresh[-1].number)
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener.hear(fresh)

    def _after(self, number: int) -> list[Heard]:
        columns = (Change.id, Change.study_id, Change.site_id)
        with self._store.reading() as session:
            rows = session.execute(select(*columns).where(Change.id > number).order_by(Change.id))
            return [Heard(*row) for row in rows]

    def _missed(self, after: int | None) -> list[Heard]:
        if after is not None:
            return self._after(after)
        since = now() - timedelta(seconds=MISSED_SECONDS)
        columns = (Change.id, Change.study_id, Change.site_id)
        with self._store.reading() as session:
            rows = session.execute(select(*columns).where(Change.at > since).order_by(Change.id))
            return [Heard(*row) for row in rows]
