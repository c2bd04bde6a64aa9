"""What a listener makes before its first association leaves nothing behind."""

from sqlalchemy import func, select

from dicom.warm_up import warm_up
from hub.store import Store
from hub.store.tables import Base, Site


def counts(store: Store) -> dict[str, int]:
    with store.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def test_nothing_stays(townships: Store) -> None:
    before = counts(townships)
    warm_up(townships, frozenset({"1.2.840.10008.5.1.4.1.1.1.1"}))
    assert counts(townships) == before
    with townships.writing() as session:  # and nothing is locked
        assert session.scalar(select(func.count()).select_from(Site)) == before["site"]


def test_a_database_that_is_away_is_no_reason_not_to_listen(townships: Store) -> None:
    with townships.writing() as session:
        Base.metadata.drop_all(session.connection())
    warm_up(townships)
