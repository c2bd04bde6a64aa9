"""A study settles the quick way into the very rows of the long way, and only where that is its place."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from dicom import settle
from hub.domain.moves import ForbiddenMove
from hub.store import quick_rows, sites
from hub.store.devices import add_device
from hub.store.engine import now
from hub.store.performed_steps import Started, start_step
from hub.store.quick_rows import QuickRows
from hub.store.quick_settling import settle_quickly
from hub.store.sites import ReturnNode
from hub.store.tables import Errand, Study
from hub.store.untaken import Untaken, note_untaken
from tests.hub.test_quick_rows import REACH, Hub, odd, ordinary, two_hubs
from tests.plugins.peers import wait_for
from tests.plugins.store import DATABASES

STUDIES = ("1.2", "1.3", "1.4", "1.5", "1.9")


@pytest.fixture(params=DATABASES)
def both(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Hub, Hub]]:
    monkeypatch.setattr(quick_rows, "TOLD", timedelta(0))
    with two_hubs(request, tmp_path, QuickRows(REACH), QuickRows(REACH)) as hubs:
        yield hubs


@pytest.mark.parametrize("scene", [ordinary, odd])
def test_both_ways_leave_the_same_rows(
    both: tuple[Hub, Hub], scene: Callable[[Hub], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick, long = both
    for one in both:
        ordinary(one)
        scene(one)
    settle.settle_now(quick.store, "east", STUDIES)
    settle.settle_now(quick.store, "east", STUDIES)
    monkeypatch.setattr(settle, "settle_quickly", lambda *_given: False)
    settle.settle_now(long.store, "east", STUDIES)
    settle.settle_now(long.store, "east", STUDIES)
    assert quick.rows() == long.rows()
    states = {row["state"] for row in quick.rows()["study"] if row["site_id"] == 1}
    assert "ready" in states and "arriving" not in states


def quickly(one: Hub, study: str = "1.2") -> bool:
    with one.store.writing() as session:
        return settle_quickly(session.connection(), "east", study, "association")


def announced(one: Hub) -> None:
    with one.store.writing() as session:
        site = sites.site_named(session, "east")
        start_step(session, site.id, Started("1.9.9", "1.2", "A1", "CT", "EAST1"))


def listened_to(one: Hub) -> None:
    with one.store.writing() as session:
        site = sites.site_named(session, "east")
        add_device(session, site, "RIS", node=ReturnNode("RIS", "127.0.0.1", 104), wants_availability=True)


def listened_to_by_its_site(one: Hub) -> None:
    with one.store.writing() as session:
        sites.site_named(session, "east").wants_availability = True


def worked_at(one: Hub) -> None:
    with one.store.writing() as session:
        values = {"state": "running", "holder": "somebody", "lease_until": now() + timedelta(minutes=1)}
        session.execute(update(Errand).where(Errand.key == "settle:1").values(**values))


def not_whole(one: Hub) -> None:
    with one.store.writing() as session:
        note_untaken(session, Untaken("east", "1.2", "1.2.9"))


def signed(one: Hub) -> None:
    with one.store.writing() as session:
        session.execute(update(Study).values(state="signed"))


WHYS = (announced, listened_to, listened_to_by_its_site, worked_at, not_whole, signed)


@pytest.mark.parametrize("why", WHYS)
def test_what_is_not_plain_is_left_as_it_is(both: tuple[Hub, Hub], why: Callable[[Hub], None]) -> None:
    one, plain = both
    for each in both:
        each.arrive("1.2.3")
    why(one)
    before = one.rows()
    assert not quickly(one)
    assert one.rows() == before
    assert quickly(plain)


def test_nobody_settles_for_another_site(both: tuple[Hub, Hub]) -> None:
    one, _ = both
    one.arrive("1.2.3", site="west")
    assert not quickly(one)
    with one.store.reading() as session:
        assert session.scalars(select(Study.state)).one() == "arriving"


@pytest.mark.parametrize("both", ["postgresql"], indirect=True)  # SQLite has one writer at a time
def test_who_finds_the_study_moved_by_somebody_else_in_that_moment_writes_nothing(
    both: tuple[Hub, Hub],
) -> None:
    one, _ = both
    one.arrive("1.2.3")
    with ThreadPoolExecutor(1) as other, one.store.writing() as session:
        session.execute(update(Study).values(state="ready"))
        second = other.submit(quickly, one)
        wait_for(lambda: waits_for_a_lock(one), "the second to wait for the first")
        session.commit()
        with pytest.raises(ForbiddenMove):
            second.result(10)
    (errand,) = (row for row in one.rows()["errand"] if row["kind"] == "settle")
    assert errand["state"] == "waiting", "the quiet time does it again"


@pytest.mark.parametrize("both", ["postgresql"], indirect=True)
def test_what_comes_in_the_moment_in_which_its_study_settles_is_counted_and_said(
    both: tuple[Hub, Hub],
) -> None:
    one, _ = both
    one.arrive("1.2.3")
    with ThreadPoolExecutor(1) as other, one.store.writing() as session:
        session.execute(update(Study).values(state="ready"))
        second = other.submit(one.arrive, "1.2.4")
        wait_for(lambda: waits_for_a_lock(one), "the arrival to wait for the settling")
        session.commit()
        assert second.result(10) == "kept"
    (study,) = one.rows()["study"]
    assert (study["instances"], study["state"], study["note"]) == (2, "arriving", "late-instances")


def waits_for_a_lock(one: Hub) -> bool:
    with one.store.reading() as session:
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return bool(session.scalar(text(waiting)))


@pytest.mark.parametrize("both", ["postgresql"], indirect=True)
def test_a_study_that_somebody_else_moves_in_that_moment_does_not_keep_the_others(
    both: tuple[Hub, Hub],
) -> None:
    one, _ = both
    one.arrive("1.2.3")
    one.arrive("1.3.3", study="1.3")
    with ThreadPoolExecutor(1) as other, one.store.writing() as session:
        session.execute(update(Study).where(Study.study_instance_uid == "1.2").values(state="quarantined"))
        second = other.submit(settle.settle_now, one.store, "east", ("1.2", "1.3"))
        wait_for(lambda: waits_for_a_lock(one), "the settling to wait for the other")
        session.commit()
        second.result(10)
    assert [row["state"] for row in one.rows()["study"]] == ["quarantined", "ready"]
