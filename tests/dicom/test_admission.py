"""Who is admitted: decided from the proposal and the sites alone."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text

from dicom.admission import Caller, KnownSite, Proposal, SiteBook, admit, admit_from, comes_from
from dicom.status import CONGESTION, UNKNOWN_CALLED, UNKNOWN_CALLING, UNKNOWN_CONTEXT
from hub.store import Store, sites

SITES = {"CLINIC1": KnownSite("east", ""), "BOUND": KnownSite("west", "10.1.2.3")}
ASKED = Proposal("CLINIC1", "READHUB", "1.2.840.10008.3.1.1.1", "10.9.9.9", "10.0.0.1")


def asked(**other: str) -> object:
    return admit(replace(ASKED, **other), "READHUB", SITES)


def test_a_registered_title_is_admitted_as_its_site() -> None:
    assert asked() == Caller("east", "CLINIC1", "READHUB", "10.9.9.9")


def test_what_the_standard_names_a_reason_for_is_rejected_with_it() -> None:
    assert asked(calling_ae="STRANGER") == UNKNOWN_CALLING
    assert asked(calling_ae="clinic1") == UNKNOWN_CALLING
    assert asked(called_ae="OTHER") == UNKNOWN_CALLED
    assert asked(application_context="1.2.3") == UNKNOWN_CONTEXT


def test_a_bound_site_is_admitted_from_its_address_only() -> None:
    assert asked(calling_ae="BOUND") == UNKNOWN_CALLING
    assert asked(calling_ae="BOUND", address="10.1.2.3") == Caller("west", "BOUND", "READHUB", "10.1.2.3")


def test_our_own_title_is_admitted_from_this_machine_only_and_belongs_to_no_site() -> None:
    assert asked(calling_ae="READHUB") == UNKNOWN_CALLING
    assert asked(calling_ae="READHUB", address="10.0.0.1") == Caller("", "READHUB", "READHUB", "10.0.0.1")


@pytest.mark.parametrize(
    ("address", "allowed", "expected"),
    [
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.4", "10.1.2.3", False),
        ("10.1.7.7", "10.1.0.0/16", True),
        ("10.2.7.7", "10.1.0.0/16", False),
        ("::ffff:10.1.2.3", "10.1.2.3", True),
        ("fe80::1%eth0", "fe80::1", True),
        ("127.0.0.1", "localhost", True),
        ("10.1.2.3", "localhost", False),
        ("10.1.2.3", "no.such.invalid", False),
    ],
)
def test_an_address_may_be_written_as_number_network_or_name(
    address: str, allowed: str, expected: bool
) -> None:
    assert comes_from(address, allowed) is expected


def clock_of(instants: list[float]) -> Callable[[], float]:
    return lambda: instants[0]


def test_sites_are_read_again_after_a_second_and_not_before(townships: Store) -> None:
    instants = [0.0]
    book = SiteBook(townships, clock_of(instants))
    assert set(book.sites() or {}) == {"CLINIC1", "CLINIC2"}
    with townships.writing() as session:
        sites.add_site(session, "south", "CLINIC3")
    instants[0] = 0.9
    assert "CLINIC3" not in (book.sites() or {})
    instants[0] = 1.1
    assert "CLINIC3" in (book.sites() or {})


def test_while_the_database_is_away_the_sites_last_known_are_admitted(townships: Store) -> None:
    instants = [0.0]
    book = SiteBook(townships, clock_of(instants))
    book.sites()
    _take_away_the_sites(townships)
    instants[0] = 5.0
    assert isinstance(admit_from(book, ASKED, "READHUB"), Caller)


def test_who_cannot_be_looked_up_is_asked_to_come_again(townships: Store) -> None:
    _take_away_the_sites(townships)
    assert admit_from(SiteBook(townships), ASKED, "READHUB") == CONGESTION
    assert CONGESTION.result == 2, "a permanent rejection would stop the sender"


def _take_away_the_sites(store: Store) -> None:
    with store.writing() as session:
        session.execute(text("PRAGMA legacy_alter_table=ON"))
        session.execute(text("ALTER TABLE site RENAME TO gone"))
