"""Errands in bundles: each comes to its own end, and takes no other with it (promise 15)."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

from hub.domain.errand import AFTERWARDS_SECONDS
from hub.store import errands
from hub.store.audit import append, entry
from hub.store.outlook import outlook
from hub.store.tables import AuditRow, Errand
from workers.bundle import Clerk, run_errands
from workers.desk import Desk, Done
from workers.relay import BUNDLE, IN_FLIGHT, bundles, relay_once


@pytest.fixture
def desk(store, settings):
    return Desk(settings)


@pytest.fixture
def clerk(desk):
    return Clerk(desk)


@pytest.fixture
def write(store):
    """Write `count` errands and return their ids."""

    def act(count):
        with store.writing() as session:
            errands.write_errands(session, "pre-read", range(count))
        with store.reading() as session:
            return list(session.scalars(select(Errand.id).order_by(Errand.id)))

    return act


def kind(work):
    """A kind whose `work(task)` is looked up for all tasks at once."""
    together = SimpleNamespace(
        work=lambda _desk, task: work(task),
        work_all=lambda _desk, tasks: [lambda task=task: work(task) for task in tasks],
    )
    return {"pre-read": together}


def says(task):
    def record(session):
        append(session, entry("toy", str(task.subject_id)))

    return Done(record)


def states(store):
    with store.reading() as session:
        return dict(session.execute(select(Errand.subject_id, Errand.state)).all())


def said(store):
    with store.reading() as session:
        return sorted(
            int(thing) for thing in session.scalars(select(AuditRow.thing).where(AuditRow.act == "toy"))
        )


def test_every_errand_of_a_bundle_is_done_and_written_once(store, desk, clerk, write):
    ids = write(5)
    assert run_errands(desk, ids, kind(says), clerk) == 5
    assert run_errands(desk, ids, kind(says), clerk) == 0
    clerk.finish()
    assert set(states(store).values()) == {"done"}
    assert said(store) == [0, 1, 2, 3, 4]


def test_what_else_is_due_is_done_without_another_message(store, desk, clerk, write):
    ids = write(7)
    assert run_errands(desk, ids[:2], kind(says), clerk) == 7
    clerk.finish()
    assert said(store) == list(range(7))


def test_one_that_fails_is_tried_later_and_the_others_are_done(store, desk, clerk, write):
    def work(task):
        if task.subject_id == 1:
            raise ValueError("broken")
        return says(task)

    run_errands(desk, write(4), kind(work), clerk)
    clerk.finish()
    assert states(store) == {0: "done", 1: "waiting", 2: "done", 3: "done"}


def test_one_that_cannot_be_written_takes_no_other_with_it(store, desk, clerk, write):
    def fails(_session):
        raise ValueError("cannot be written")

    run_errands(desk, write(3), kind(lambda task: Done(fails) if task.subject_id == 1 else says(task)), clerk)
    clerk.finish()
    assert states(store) == {0: "done", 1: "running", 2: "done"}
    assert said(store) == [0, 2]


def test_a_result_that_was_taken_over_meanwhile_is_not_written(store, desk, clerk, write):
    def work(task):
        if task.subject_id == 1:
            with store.writing() as session:
                session.execute(update(Errand).where(Errand.id == task.id).values(holder="another"))
        return says(task)

    run_errands(desk, write(3), kind(work), clerk)
    clerk.finish()
    assert said(store) == [0, 2]


def test_what_ended_a_worker_goes_alone_and_the_others_in_bundles(store, write, desk):
    ids = write(20)
    with store.writing() as session:
        errands.claim(session, ids[:3], desk.holder)
        errands.take_back_lost(session, [desk.holder])
    with store.reading() as session:
        sent = [bundle for _queue, bundle in bundles(errands.due_errands(session), workers=2)]
    assert sorted(len(bundle) for bundle in sent) == [1, 1, 1, 1, BUNDLE, BUNDLE]
    assert sorted(id for bundle in sent for id in bundle) == ids
    assert {tuple(bundle) for bundle in sent if len(bundle) == 1} >= {(id,) for id in ids[:3]}


def test_an_errand_that_ended_a_worker_is_not_fetched_along_with_others(store, desk, write):
    ids = write(2)
    with store.writing() as session:
        errands.claim(session, ids[:1], desk.holder)
        errands.take_back_lost(session, [desk.holder])
        assert [task.id for task in errands.claim_next(session, ["pre-read"], "other", 8)] == ids[1:]


def test_few_errands_are_spread_over_the_workers(store, write):
    write(4)
    with store.reading() as session:
        sent = list(bundles(errands.due_errands(session), workers=4))
    assert [len(bundle) for _queue, bundle in sent] == [1, 1, 1, 1]


def test_an_sr_of_a_reading_gives_way_while_objects_wait_to_be_read(store, write):
    write(1)
    with store.writing() as session:
        errands.write_errand(session, "write-reading", 9)
    with store.reading() as session:
        assert [row.kind for row in errands.due_errands(session)] == ["pre-read"]
    with store.writing() as session:
        session.execute(update(Errand).where(Errand.kind == "pre-read").values(state="done"))
    with store.reading() as session:
        assert errands.due_errands(session) == [], "it began while the reading was being shown"
        assert 0 < (outlook(session).seconds or 0) <= AFTERWARDS_SECONDS
    with store.writing() as session:
        earlier = errands.now() - timedelta(seconds=AFTERWARDS_SECONDS)
        session.execute(update(Errand).where(Errand.kind == "write-reading").values(due_at=earlier))
    with store.reading() as session:
        assert [row.kind for row in errands.due_errands(session)] == ["write-reading"]


def test_an_sr_does_not_give_way_for_ever(store, write):
    write(1)
    with store.writing() as session:
        errands.write_errand(session, "write-reading", 9, after=-errands.GIVES_WAY_SECONDS - 1)
    with store.reading() as session:
        assert {row.kind for row in errands.due_errands(session)} == {"pre-read", "write-reading"}


def test_the_relay_rests_while_the_broker_has_its_fill(store, settings, write):
    write(IN_FLIGHT + 5)
    with store.writing() as session:
        first = select(Errand.id).order_by(Errand.id).limit(IN_FLIGHT)
        session.execute(update(Errand).where(Errand.id.in_(first)).values(state="sent"))
    assert relay_once(store, settings) is None, "what waits is due: to look again at once would be for ever"
    with store.writing() as session:
        session.execute(update(Errand).values(state="done"))
    assert relay_once(store, settings) == settings.relay_sweep_seconds
