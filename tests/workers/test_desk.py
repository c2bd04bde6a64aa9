"""How one errand is taken up and brought to an end, whatever its work does (promise 15)."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

from hub.store import errands
from hub.store.audit import append, entry
from hub.store.tables import AuditRow, Errand
from workers import desk as desks
from workers.desk import Desk, Done, GivenUp, Later, holder_name, is_gone, run_errand
from workers.errands import errand_kinds


@pytest.fixture
def desk(store, settings):
    return Desk(settings)


@pytest.fixture
def errand(store):
    with store.writing() as session:
        errands.write_errand(session, "toy", 1)
        return session.scalars(select(Errand.id)).one()


def kind(work, **more):
    return {"toy": SimpleNamespace(work=work, **more)}


def row(store, errand):
    with store.reading() as session:
        return session.get(Errand, errand)


def say(session):
    append(session, entry("toy", "worked"))


def times_said(store):
    with store.reading() as session:
        return len(session.scalars(select(AuditRow).where(AuditRow.act == "toy")).all())


def make_due(store):
    with store.writing() as session:
        session.execute(update(Errand).values(due_at=errands.now()))


def test_what_came_of_it_is_written_with_its_end(store, desk, errand):
    assert run_errand(desk, errand, kind(lambda *_: Done(say)))
    assert (row(store, errand).state, times_said(store)) == ("done", 1)


def test_a_second_delivery_of_the_same_message_does_nothing(store, desk, errand):
    run_errand(desk, errand, kind(lambda *_: Done(say)))
    assert not run_errand(desk, errand, kind(lambda *_: Done(say)))
    assert times_said(store) == 1


def test_a_result_that_comes_after_somebody_else_took_over_is_dropped(store, desk, errand):
    def slow(_desk, _task):
        with store.writing() as session:
            errands.take_back_lost(session, [desk.holder])
        run_errand(SimpleNamespace(store=store, holder="other"), errand, kind(lambda *_: Done(say)))
        return Done(say)

    run_errand(desk, errand, kind(slow))
    assert (row(store, errand).state, times_said(store)) == ("done", 1)


def test_an_error_is_tried_again_and_given_up_after_the_third(store, desk, errand):
    def broken(*_):
        raise ValueError("a patient's name must not get out")

    for _ in range(3):
        make_due(store)
        run_errand(desk, errand, kind(broken))
    given_up = row(store, errand)
    assert (given_up.state, given_up.last_error) == ("dead", "ValueError")


def test_a_kind_that_knows_poison_says_what_to_keep_of_it(store, desk, errand):
    for _ in range(3):
        run_errand_until_killed(store, desk, errand)
    run_errand(desk, errand, kind(lambda *_: Done(), poisoned=lambda *_: GivenUp("poison", say)))
    assert (row(store, errand).state, times_said(store)) == ("dead", 1)


def run_errand_until_killed(store, desk, errand):
    with store.writing() as session:
        assert errands.claim(session, [errand], desk.holder)
    with store.writing() as session:
        errands.take_back_lost(session, [desk.holder])


def test_not_yet_is_no_failed_attempt(store, desk, errand):
    for _ in range(5):
        make_due(store)
        run_errand(desk, errand, kind(lambda *_: Later(0, "not yet")))
    assert (row(store, errand).state, row(store, errand).attempts) == ("waiting", 0)


def test_a_kind_that_nobody_knows_is_a_dead_letter_and_leaves_the_worker_alive(store, desk, errand):
    for _ in range(3):
        make_due(store)
        run_errand(desk, errand, {})
    assert row(store, errand).state == "dead"


def test_a_process_that_runs_is_not_gone_and_one_that_ended_is():
    import os
    import subprocess
    import sys

    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = holder_name(child.pid)
    assert not is_gone(holder_name(os.getpid())) and not is_gone(name)
    child.communicate(b"\n")
    assert is_gone(name)


def test_a_holder_on_another_host_is_never_taken_for_dead():
    assert not is_gone("elsewhere:1:1")


def test_every_kind_in_the_folder_keeps_its_promise():
    kinds = errand_kinds()
    assert {"settle", "pre-read", "issue-report", "deliver", "confirm", "compare"} <= set(kinds)
    assert all(module.QUEUE in ("read", "post") for module in kinds.values())
    assert desks.RETRY_SECONDS > 0
