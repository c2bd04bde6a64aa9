"""Refusals in the audit trail: written at once, or as soon as the database takes rows again."""

import threading
from collections import deque
from typing import NamedTuple

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.domain.audit import AuditEntry
from hub.store import Store, audit
from hub.store.untaken import Untaken, note_untaken

#: More than this many wait for the database only under a flood; the oldest are then only in the log.
MOST_WAITING = 1000
#: How long a refusal waits for another one that is being written; its own is then written with the next.
TURN_SECONDS = 5.0
#: After so long what waits is tried without being asked.
SOON_SECONDS = 2.0

log = structlog.get_logger("dicom.refusals")


class _Refusal(NamedTuple):
    entry: AuditEntry
    untaken: Untaken | None


class Refusals:
    """Audit entries of what was refused, in the order of the refusals."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[_Refusal] = deque(maxlen=MOST_WAITING)
        self._writer = threading.Lock()
        self._timer: threading.Timer | None = None
        self._is_closed = False

    def note(self, entry: AuditEntry, untaken: Untaken | None = None) -> None:
        """Write `entry` and whatever waits before it; `untaken` is what its study lacks then."""
        self._append(_Refusal(entry, untaken))
        self.write()

    def note_later(self, entry: AuditEntry, untaken: Untaken | None = None) -> None:
        """Keep both until the database takes them: for a refusal whose cause is the database or the disk."""
        self._append(_Refusal(entry, untaken))
        self._try_soon()

    def write(self) -> None:
        """Write every waiting entry; while the database takes none they wait, and are tried again."""
        if not self._waiting or not self._writer.acquire(timeout=TURN_SECONDS):
            return
        try:
            self._write()
        except SQLAlchemyError as error:
            log.warning("refusals wait for the database", kind=type(error).__name__)
            self._try_soon()
        finally:
            self._writer.release()

    def close(self) -> None:
        """Write what waits, once more, and try no more."""
        self._is_closed = True
        self.write()

    def _append(self, refusal: _Refusal) -> None:
        if len(self._waiting) == MOST_WAITING:
            lost = self._waiting[0].entry
            log.error("a refusal is in no audit row", act=lost.act, outcome=lost.outcome, site=lost.site)
        self._waiting.append(refusal)

    def _write(self) -> None:
        now_waiting = list(self._waiting)
        with self._store.writing() as session:
            for one in now_waiting:
                audit.append(session, one.entry)
                if one.untaken is not None:
                    note_untaken(session, one.untaken)
        for _ in range(min(len(now_waiting), len(self._waiting))):
            self._waiting.popleft()

    def _try_soon(self) -> None:
        """Write in a while, whether or not anybody asks for it."""
        if self._timer is None and not self._is_closed:
            self._timer = threading.Timer(SOON_SECONDS, self._try)
            self._timer.daemon = True
            self._timer.start()

    def _try(self) -> None:
        self._timer = None
        self.write()
