"""Every refusal of a stranger is accounted for in the audit trail; a flood costs few rows (promise 12)."""

import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from hub.store import audit, refusals
from hub.store.refusals import MOST_UNWRITTEN, MOST_WINDOWS, Refusal, Tally, counts_to_tell, tell_counts
from hub.store.tables import AuditRow, RefusalWindow


@pytest.fixture
def clock(monkeypatch):
    """The hour of the tally, set by the test: `clock[0] += timedelta(minutes=1)`."""
    hour = [datetime(2026, 11, 26, 4, 30, 5, tzinfo=UTC)]
    monkeypatch.setattr(refusals, "now", lambda: hour[0])
    return hour


@pytest.fixture
def tally(store, clock):
    return Tally(store)


def refuse(tally, times=1, address="10.0.0.9", kind="no-login", thing="/worklist"):
    for _ in range(times):
        tally.note(Refusal(address, kind, thing))


def rows(store):
    with store.reading() as session:
        return list(session.scalars(select(AuditRow).order_by(AuditRow.number)))


def told(store, clock):
    """Let the minutes pass and every count be told; return all rows."""
    clock[0] += timedelta(minutes=5)
    with store.writing() as session:
        tell_counts(session)
    return rows(store)


def accounted(found):
    """How many refusals the rows speak of."""
    further = [int(re.match(r"(\d+) more", row.detail)[1]) for row in found if row.thing == "*"]
    return sum(row.thing != "*" for row in found) + sum(further)


def test_a_refused_association_is_told_with_its_reason_and_counted_by_it(store, tally, clock):
    for number in range(5):
        tally.note(Refusal("10.0.0.9", "rejected (1, 1, 3)", f"calling X{number}", "not known (1, 1, 3)"))
    tally.note(Refusal("10.0.0.9", "rejected (1, 1, 7)", "calling X", "no such title (1, 1, 7)"))
    tally.write()
    seen = [(row.act, row.thing, row.outcome, row.detail) for row in told(store, clock)]
    assert seen == [
        ("associate", "calling X0", "rejected", "not known (1, 1, 3)"),
        ("associate", "calling X", "rejected", "no such title (1, 1, 7)"),
        ("associate", "*", "rejected", "4 more in the minute from 2026-11-26 04:30 UTC (1, 1, 3)"),
    ]


def test_log_ins_under_names_that_nobody_has_are_log_ins_in_the_trail(store, tally, clock):
    for number in range(3):
        tally.note(Refusal("10.0.0.9", "wrong-password (no account)", f"user:x{number}", "no account"))
    tally.write()
    assert [(row.act, row.thing, row.outcome, row.detail) for row in told(store, clock)] == [
        ("login", "user:x0", "wrong-password", "no account"),
        ("login", "*", "wrong-password", "2 more in the minute from 2026-11-26 04:30 UTC (no account)"),
    ]


def test_the_first_refusal_is_a_row_at_once(store, tally):
    refuse(tally)
    (row,) = rows(store)
    assert (row.act, row.thing, row.outcome, row.address, row.actor) == (
        "view", "/worklist", "no-login", "10.0.0.9", "",
    )  # fmt: skip


def test_a_thousand_refusals_of_one_address_in_a_minute_are_two_rows_that_account_for_all(
    store, tally, clock
):
    refuse(tally, 1000)
    assert len(rows(store)) == 1
    tally.write()
    found = told(store, clock)
    assert len(found) == 2
    assert (found[1].outcome, found[1].address) == ("no-login", "10.0.0.9")
    assert found[1].detail == "999 more in the minute from 2026-11-26 04:30 UTC"
    assert audit.verify(store) == (2, None)


def test_kinds_addresses_and_minutes_are_told_apart(store, tally, clock):
    refuse(tally, 2)
    refuse(tally, 2, kind="csrf")
    refuse(tally, 2, address="10.0.0.10")
    clock[0] += timedelta(minutes=1)
    refuse(tally, 2)
    tally.write()
    assert len(rows(store)) == 4
    found = told(store, clock)
    assert len(found) == 8 and accounted(found) == 8


def test_a_flood_from_everywhere_is_bounded_too_and_accounted_for(store, tally, clock):
    for number in range(4 * MOST_WINDOWS):
        refuse(tally, 2, address=f"10.1.{number // 250}.{number % 250}")
    tally.write()
    found = told(store, clock)
    assert len(found) <= 2 * (MOST_WINDOWS + 1)
    assert accounted(found) == 8 * MOST_WINDOWS
    assert audit.verify(store)[1] is None


def test_two_processes_write_one_first_row_and_one_count(store, clock):
    one, other = Tally(store), Tally(store)
    for _ in range(3):
        refuse(one)
        refuse(other)
    one.write()
    other.write()
    found = told(store, clock)
    assert [row.thing for row in found] == ["/worklist", "*"] and accounted(found) == 6


def test_a_count_is_told_once_and_not_before_its_minute_is_over(store, tally, clock):
    refuse(tally, 2)
    tally.write()
    with store.writing() as session:
        assert not counts_to_tell(session) and tell_counts(session) == 0
    told(store, clock)
    assert len(told(store, clock)) == 2
    with store.reading() as session:
        assert session.scalars(select(RefusalWindow)).all() == []


def test_a_share_that_comes_late_is_told_all_the_same(store, tally, clock):
    refuse(tally, 3)
    clock[0] += timedelta(minutes=5)
    with store.writing() as session:
        tell_counts(session)
    clock[0] -= timedelta(minutes=5)
    tally.write()
    assert accounted(told(store, clock)) == 3


def test_what_the_database_does_not_take_waits_and_is_written_with_the_next(store, tally, clock):
    with store.writing() as session:
        session.execute(text("ALTER TABLE refusal_window RENAME TO away"))
    refuse(tally, 5)
    assert rows(store) == []
    with store.writing() as session:
        session.execute(text("ALTER TABLE away RENAME TO refusal_window"))
    tally.write()
    assert accounted(told(store, clock)) == 5


#: Refuses 1 + 3 * MOST_UNWRITTEN times within one second, says so, and waits to be killed.
FLOOD = """
import sys
from hub.settings import read_settings
from hub.store import open_store, refusals
refusals.WRITE_SECONDS = 3600
tally = refusals.Tally(open_store(read_settings(data_dir=sys.argv[1], database_url=sys.argv[2] or None)))
for _ in range(3 * refusals.MOST_UNWRITTEN):
    tally.note(refusals.Refusal("10.0.0.9", "no-login", "/"))
print("refused", flush=True)
sys.stdin.read()
"""


def test_a_killed_process_loses_no_more_counts_than_may_be_unwritten(store, settings, clock):
    url = "" if settings.database_url is None else settings.url
    with subprocess.Popen(
        [sys.executable, "-c", FLOOD, str(settings.data_dir), url],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout.readline() == "refused\n"
        os.kill(process.pid, signal.SIGKILL)
    clock[0] = datetime.now(UTC)
    seen = accounted(told(store, clock))
    assert 2 * MOST_UNWRITTEN <= seen <= 3 * MOST_UNWRITTEN
