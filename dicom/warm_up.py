"""What the first association would wait for: the statements of an arrival, made once and undone."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from dicom.settle import settle
from hub.domain.arrival import Arrival, Origin, PatientFacts, StudyFacts
from hub.store import Store, now, quick_statements
from hub.store.arrivals import Coming, take
from hub.store.quick_rows import QuickRows
from hub.store.tables import Site, Study
from hub.store.unread import Reach

#: No site can have this name: it is none of an AE title's characters.
NAME = "\x7fwarm-up"
CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"

log = structlog.get_logger("dicom.warm-up")


def warm_up(store: Store, reach: Reach = None) -> None:
    """Take two slices in and settle their study, in a transaction that is rolled back."""
    quick_statements.prepare(store.engine)
    try:
        with _undone(store) as session:
            session.add(Site(name=NAME, label=NAME, ae_title=NAME, created_at=now()))
            session.flush()
            quick = QuickRows(reach)
            for number in ("1", "2"):
                take(session.connection(), _slice(number), quick)
            settle(session, session.scalars(select(Study).where(Study.study_instance_uid == NAME)).all())
    except SQLAlchemyError as error:
        log.info("the first association will find nothing prepared", kind=type(error).__name__)


@contextmanager
def _undone(store: Store) -> Iterator[Session]:
    """Give a session of whose work nothing stays."""
    with store.engine.connect() as connection:
        connection.begin()
        with Session(connection) as session:
            yield session
        connection.rollback()


def _slice(number: str) -> Coming:
    study = StudyFacts(NAME, NAME, "CT")
    arrival = Arrival(CT, f"{NAME}.{number}", EXPLICIT, number, 1, PatientFacts(NAME), study, rows=1)
    return Coming(arrival, Origin(NAME, NAME, NAME, now(), ""), f"{NAME}.{number}")
