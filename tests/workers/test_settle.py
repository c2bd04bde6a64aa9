"""When a study counts as arrived, and what is put before the models then."""

from datetime import timedelta

from sqlalchemy import select, update

from dicom.shared_studies import SharedStudies, place_of
from hub.store import errands
from hub.store.tables import Errand, Instance, Study, UntakenInstance
from hub.store.untaken import Untaken, note_untaken
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


def test_a_study_that_an_association_still_brings_is_not_ready(store, settings, arrive):
    arrive()
    receiving = SharedStudies(place_of(store))
    receiving.hold("east", "1.2")
    settle(store, settings)
    with store.reading() as session:
        assert session.scalars(select(Study.state)).one() == "arriving"
    receiving.close()
    settle(store, settings)
    with store.reading() as session:
        assert session.scalars(select(Study.state)).one() == "ready"


def test_an_association_that_brings_nothing_more_holds_up_nobody_for_ever(store, settings, arrive):
    arrive()
    receiving = SharedStudies(place_of(store))
    receiving.hold("east", "1.2")
    with store.writing() as session:
        session.execute(update(Study).values(last_instance_at=errands.now() - timedelta(minutes=61)))
    settle(store, settings)
    receiving.close()
    with store.reading() as session:
        assert session.scalars(select(Study.state)).one() == "ready"


def untaken(store, sop="1.2.4", site="east"):
    with store.writing() as session:
        note_untaken(session, Untaken(site, "1.2", sop))


def test_a_study_waits_for_what_could_not_be_taken_and_is_whole_with_it(store, settings, arrive):
    arrive(sop="1.2.3")
    untaken(store)
    untaken(store)
    settle(store, settings)
    with store.reading() as session:
        assert session.scalars(select(Study.state)).one() == "arriving"
    arrive(sop="1.2.4")
    settle(store, settings)
    with store.reading() as session:
        (study,) = session.scalars(select(Study))
        assert (study.state, study.note) == ("ready", "")
        assert session.scalars(select(UntakenInstance)).all() == []


def test_a_study_that_was_ready_says_what_could_not_be_taken_then(store, settings, arrive):
    arrive(sop="1.2.3")
    settle(store, settings)
    untaken(store)
    with store.reading() as session:
        (study,) = session.scalars(select(Study))
        assert (study.state, study.note) == ("ready", "incomplete")
    arrive(sop="1.2.4")
    settle(store, settings)
    with store.reading() as session:
        (study,) = session.scalars(select(Study))
        assert (study.state, study.note) == ("ready", "late-instances")


def test_what_nobody_sends_again_holds_up_nobody_for_ever_and_is_said(store, settings, arrive):
    arrive(sop="1.2.3")
    untaken(store)
    untaken(store, "1.2.3")
    untaken(store, "1.2.9", "west")
    with store.writing() as session:
        session.execute(update(Study).values(last_instance_at=errands.now() - timedelta(minutes=6)))
    settle(store, settings)
    with store.reading() as session:
        (study,) = session.scalars(select(Study))
        assert (study.state, study.note) == ("ready", "incomplete")
    arrive(sop="1.2.4")
    settle(store, settings)
    with store.reading() as session:
        assert session.scalars(select(Study.note)).one() == "late-instances"


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
