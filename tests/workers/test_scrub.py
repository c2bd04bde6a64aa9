"""The nightly scrub: one errand begins it, each goes on where the last one ended."""

from sqlalchemy import select

from hub.store import Store, errands
from hub.store.tables import Errand, Instance
from tests.plugins.store import Arrive
from workers.desk import Desk, run_errand
from workers.errands import errand_kinds
from workers.errands import scrub as night


def scrubs(store: Store) -> list[Errand]:
    with store.reading() as session:
        return list(session.scalars(select(Errand).where(Errand.kind == "scrub").order_by(Errand.id)))


def test_a_night_reads_every_file_in_errands_of_bounded_time(
    store: Store, arrive: Arrive, monkeypatch
) -> None:
    monkeypatch.setattr(night, "SECONDS", 0.0)
    for number in range(3):
        arrive(sop=f"1.2.{number}")
    with store.writing() as session:
        errands.write_errand(session, "scrub", 0, key="scrub:2026-11-01:0")
    desk = Desk(store.settings)
    for _ in range(9):
        for errand in scrubs(store):
            if errand.state == "waiting":
                run_errand(desk, errand.id, errand_kinds())
    assert [errand.state for errand in scrubs(store)] == ["done"] * 4
    with store.reading() as session:
        damaged = session.scalars(select(Instance.damaged)).all()
    assert list(damaged) == [True] * 3, "an invented body is no DICOM file"
