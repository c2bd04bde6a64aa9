"""On PostgreSQL a commit on one host rings the bells of another."""

import time

import pytest

from hub.settings import read_settings
from hub.store import audit, open_store, schema
from hub.store.bells import Bell
from hub.store.notified import pass_on_notifications


def test_a_commit_on_one_host_rings_the_bell_of_another(postgresql, tmp_path):
    url = postgresql()
    here = read_settings(data_dir=tmp_path / "here", database_url=url)
    there = read_settings(data_dir=tmp_path / "there", database_url=url)
    schema.upgrade(here)
    one, other = open_store(here), open_store(there)
    assert pass_on_notifications(other) is not None
    with Bell(other.bells, "test") as bell:
        end = time.monotonic() + 20
        rung = False
        while not rung and time.monotonic() < end:
            with one.writing() as session:
                audit.append(session, audit.entry("test", "ring"))
            rung = bell.wait(0.5)
    assert rung


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_sqlite_needs_none_of_it(store):
    assert pass_on_notifications(store) is None
