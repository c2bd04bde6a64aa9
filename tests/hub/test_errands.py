"""Errands are written once, held by one worker, and come back when that worker is gone (promise 15)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from hub.store import errands
from hub.store.engine import now
from hub.store.outlook import outlook
from hub.store.tables import Errand


@pytest.fixture
def errand(store):
    with store.writing() as session:
        errands.write_errand(session, "pre-read", 7)
    with store.reading() as session:
        return session.scalars(select(Errand)).one().id


def state_of(store, errand):
    with store.reading() as session:
        return session.get(Errand, errand).state


def claim(store, errand, holder="one"):
    with store.writing() as session:
        return next(iter(errands.claim(session, [errand], holder)), None)


def test_writing_it_twice_writes_it_once(store, errand):
    with store.writing() as session:
        errands.write_errand(session, "pre-read", 7)
    with store.reading() as session:
        assert len(session.scalars(select(Errand)).all()) == 1


def test_of_eight_workers_exactly_one_takes_it_up(store, errand):
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda n: claim(store, errand, f"w{n}"), range(8)))
    assert sum(task is not None for task in taken) == 1


def test_one_that_is_not_due_yet_cannot_be_taken_up(store):
    with store.writing() as session:
        errands.write_errand(session, "settle", 1, after=60)
        later = session.scalars(select(Errand.id)).one()
    assert claim(store, later) is None


def test_a_worker_that_lost_its_errand_cannot_finish_it(store, errand):
    late = claim(store, errand, "slow")
    with store.writing() as session:
        session.execute(update(Errand).values(lease_until=now() - timedelta(seconds=1)))
        assert errands.take_back_lost(session) == 1
    fresh = claim(store, errand, "quick")
    with store.writing() as session:
        assert errands.finish(session, [late]) == set()
        assert errands.finish(session, [fresh]) == {errand}


def test_the_errand_of_a_dead_worker_waits_again_at_once(store, errand):
    claim(store, errand, "dead")
    with store.writing() as session:
        errands.take_back_lost(session, ["dead"])
    assert state_of(store, errand) == "waiting"


def test_one_lost_in_the_broker_is_handed_over_again(store, errand):
    with store.writing() as session:
        errands.hand_over(session, [errand], seconds=-1)
        assert outlook(session).is_overdue
        errands.take_back_lost(session)
    assert state_of(store, errand) == "waiting"


def test_a_finished_errand_is_never_taken_up_again(store, errand):
    task = claim(store, errand)
    with store.writing() as session:
        errands.finish(session, [task])
    assert claim(store, errand) is None


def test_the_fourth_attempt_without_an_end_is_poison(store, errand):
    for _ in range(4):
        task = claim(store, errand, "victim")
        with store.writing() as session:
            errands.take_back_lost(session, ["victim"])
    assert errands.is_poison(task)
