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

    def note(self, entry: AuditEntry) -> None:
        """Write `entry` and whatever waits before it."""
        self.note_later(entry)
        self.write()

    def note_later(self, entry: AuditEntry, untaken: Untaken | None = None) -> None:
        """Keep `entry` until `write`: for a refusal whose cause is the database or the disk itself.

        `untaken` is what its study lacks then.
        """
        if len(self._waiting) == MOST_WAITING:
            lost = self._waiting[0].entry
            log.error("a refusal is in no audit row", act=lost.act, outcome=lost.outcome, site=lost.site)
        self._waiting.append(_Refusal(entry, untaken))

    def write(self) -> None:
        """Write every waiting entry; they go on waiting while the database takes none."""
        if not self._waiting or not self._writer.acquire(timeout=TURN_SECONDS):
            return
        try:
            now_waiting = list(self._waiting)
            with self._store.writing() as session:
                for one in now_waiting:
                    audit.append(session, one.entry)
                    if one.untaken is not None:
                        note_untaken(session, one.untaken)
            for _ in range(min(len(now_waiting), len(self._waiting))):
                self._waiting.popleft()
        except SQLAlchemyError as error:
            log.warning("refusals wait for the database", kind=type(error).__name__)
        finally:
            self._writer.release()
