"""Writing and checking the audit trail."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from hub.domain.audit import FIRST_LINK, AuditEntry, first_broken, link
from hub.store.engine import Store
from hub.store.tables import AuditHead, AuditRow

#: Any constant will do, as long as nobody else locks it (PostgreSQL advisory lock).
CHAIN_LOCK = 7_301_126


def entry(act: str, thing: str, outcome: str = "ok", **who: str) -> AuditEntry:
    """Return an audit entry of this instant.

    `who` may name actor, role, site, address and detail; what is not named is the hub itself.
    """
    return AuditEntry(
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        actor=who.get("actor", "hub"), role=who.get("role", "system"), site=who.get("site", ""),
        address=who.get("address", ""), act=act, thing=thing, outcome=outcome,
        detail=who.get("detail", ""),
    )  # fmt: skip


def append(session: Session, what: AuditEntry) -> int:
    """Add `what` to the chain inside the caller's write transaction; return its number."""
    lock_chain(session)
    head = session.get(AuditHead, 1) or _first_head(session)
    head.number += 1
    row = AuditRow(number=head.number, previous=head.link, link="", **vars(what))
    row.link = head.link = link(row.previous, row.number, what)
    session.add(row)
    session.flush()
    return row.number


def lock_chain(session: Session) -> None:
    """Let nobody else add to the chain until the commit; on SQLite every writer is alone anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})


def note(store: Store, what: AuditEntry) -> None:
    """Write `what` in a transaction of its own, for acts that change nothing else: nobody need look."""
    with store.writing(quietly=True) as session:
        append(session, what)


def verify(store: Store) -> tuple[int, int | None]:
    """Return how many rows the trail has, and the number of the first that does not fit, or None."""
    with store.reading() as session:
        head = session.get(AuditHead, 1)
        count = head.number if head else 0
        broken = first_broken(_rows(session))
        if broken is None and head is not None:
            last = session.get(AuditRow, head.number)
            if last is None or last.link != head.link:
                broken = head.number
        return count, broken


def _rows(session: Session) -> Iterator[tuple[int, str, str, AuditEntry]]:
    for row in session.scalars(select(AuditRow).order_by(AuditRow.number).execution_options(yield_per=500)):
        yield row.number, row.previous, row.link, _entry_of(row)


def _entry_of(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        row.at, row.actor, row.role, row.site, row.address, row.act, row.thing, row.outcome, row.detail
    )


def _first_head(session: Session) -> AuditHead:
    head = AuditHead(id=1, number=0, link=FIRST_LINK)
    session.add(head)
    return head
