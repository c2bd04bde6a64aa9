"""Objects the hub made: written once, found again, the same bytes for every retry."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.store.engine import now
from hub.store.tables import MadeObject


def made_for_report(session: Session, report_id: int) -> list[MadeObject]:
    """Return the SR and the PDF of a report version, SR first."""
    rows = session.scalars(select(MadeObject).where(MadeObject.report_id == report_id))
    return sorted(rows, key=lambda row: row.kind, reverse=True)


def made_for_pre_read(session: Session, pre_read_id: int) -> MadeObject | None:
    """Return the SR of a reading, once it is made."""
    return session.scalar(select(MadeObject).where(MadeObject.pre_read_id == pre_read_id))


def made_for_marking(session: Session, marking_id: int) -> list[MadeObject]:
    """Return the objects of a study's marks at one version, once they are made."""
    return list(session.scalars(select(MadeObject).where(MadeObject.marking_id == marking_id)))


def made_for_rejection(session: Session, rejection_id: int) -> MadeObject | None:
    """Return the key object of a rejection, once it is made."""
    return session.scalar(select(MadeObject).where(MadeObject.rejection_id == rejection_id))


def add_made(session: Session, rows: Iterable[MadeObject]) -> None:
    """Record objects whose files are durable already."""
    for row in rows:
        row.made_at = now()
        session.add(row)
    session.flush()
