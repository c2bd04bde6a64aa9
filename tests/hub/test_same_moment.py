"""Two people who write the same thing at the same moment: one wins, the other is told so in words."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from hub.domain.order import OrderFacts
from hub.errors import Refused
from hub.settings import read_settings
from hub.store import sites, users
from hub.store.orders import By, place_order
from hub.store.tables import Site, User
from hub.store.thresholds import set_threshold

PASSWORD = "a long enough password"
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@pytest.fixture
def settings(tmp_path, postgresql):
    """SQLite lets one write at a time; only PostgreSQL lets two check before either has written."""
    return read_settings(data_dir=tmp_path / "hub", database_url=postgresql())


@pytest.fixture
def boss(store):
    with store.writing() as session:
        return users.add_user(session, "boss", "admin", PASSWORD).id


def threshold(session, boss):
    site, user = session.get_one(Site, 1), session.get_one(User, boss)
    return set_threshold(session, site, "pneumonia", 0.5, (user, "new device"))


def order(session, _boss):
    facts = OrderFacts("P1", "ZHANG^SAN", "DX", "20261126", accession="A-1")
    return place_order(session, session.get_one(Site, 1), facts, By("boss", "page"))


ACTS = {
    "there is already a user 'li'": lambda session, _boss: users.add_user(session, "li", "reader", PASSWORD),
    "a site with this name or AE title was written": lambda session, _boss: sites.add_site(
        session, "north", "NORTH1"
    ),
    "somebody else changed this threshold": threshold,
    "an order with accession number 'A-1' already": order,
}


@pytest.mark.parametrize("sentence", ACTS)
def test_who_comes_second_is_told_what_is_there_already(store, boss, sentence):
    act = ACTS[sentence]

    def second():
        with store.writing() as session:
            act(session, boss)

    with ThreadPoolExecutor(1) as pool:
        with store.writing() as session:
            act(session, boss)
            other = pool.submit(second)
            wait_until_it_waits(store)
        with pytest.raises(Refused, match=sentence):
            other.result(timeout=20)


def wait_until_it_waits(store):
    until = time.monotonic() + 15
    with store.reading() as session:
        while not session.scalar(WAITING):
            assert time.monotonic() < until, "the second writer never came to the first one's key"
            time.sleep(0.02)
