"""What only matters for a while goes, what counts stays."""

from datetime import timedelta

from sqlalchemy import func, select, update

from hub.store.engine import now
from hub.store.tables import Change, Errand, Instance, UntakenInstance
from hub.store.untaken import Untaken, note_untaken
from hub.store.upkeep import sweep


def count(session, table):
    return session.scalar(select(func.count()).select_from(table))


def test_old_marks_and_long_done_errands_go_and_nothing_else(store, arrive):
    arrive()
    old = now() - timedelta(days=40)
    with store.writing() as session:
        session.execute(update(Change).values(at=old))
        session.execute(update(Errand).where(Errand.kind == "settle").values(state="done", due_at=old))
        assert sweep(session) >= 2
        assert (count(session, Change), count(session, Errand), count(session, Instance)) == (0, 1, 1)


def test_fresh_marks_stay_for_the_pages_that_follow_them(store, arrive):
    arrive()
    with store.writing() as session:
        assert sweep(session) == 0
        assert count(session, Change) > 0


def test_what_could_not_be_taken_is_forgotten_with_a_study_that_never_came(store, arrive):
    arrive(study="1.2")
    with store.writing() as session:
        for study in ("1.2", "1.9"):
            note_untaken(session, Untaken("east", study, f"{study}.7", unreadable=True))
        assert sweep(session) == 0
        session.execute(update(UntakenInstance).values(at=now() - timedelta(days=40)))
        assert sweep(session) == 1
        assert session.scalars(select(UntakenInstance.study_instance_uid)).all() == ["1.2"]
