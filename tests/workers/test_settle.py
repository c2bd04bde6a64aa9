"""When a study counts as arrived, and what is put before the models then."""

from sqlalchemy import select, update

from hub.store import errands
from hub.store.tables import Errand, Instance, Study
from workers.desk import Desk, run_errand
from workers.errands import errand_kinds


def settle(store, settings):
    with store.writing() as session:
        session.execute(update(Errand).where(Errand.kind == "settle").values(due_at=errands.now()))
        errand = session.scalars(select(Errand.id).where(Errand.kind == "settle")).one()
    assert run_errand(Desk(settings), errand, errand_kinds())


def pre_reads_wanted(store):
    with store.reading() as session:
        return list(session.scalars(select(Errand.subject_id).where(Errand.kind == "pre-read")))


def test_a_settled_study_is_ready(store, settings, arrive):
    arrive()
    settle(store, settings)
    with store.reading() as session:
        assert session.scalars(select(Study.state)).one() == "ready"


def test_a_ct_study_is_put_before_the_models_once_by_one_picture(store, settings, arrive):
    for number in range(3):
        arrive(sop=f"1.2.3.{number}", modality="CT")
    settle(store, settings)
    with store.reading() as session:
        first = session.scalars(select(Instance.id).order_by(Instance.id)).first()
    assert pre_reads_wanted(store) == [first]


def test_a_report_sent_to_the_hub_is_not_put_before_the_models(store, settings, arrive):
    arrive(modality="SR")
    settle(store, settings)
    assert pre_reads_wanted(store) == []
