"""The inbox and the ledger: whose report, where it stands, and who opened it."""

import pytest

from hub.domain.report import ReportText
from hub.domain.scope import HUB, Scope
from hub.errors import NotYours
from hub.store import users
from hub.store.identity import release
from hub.store.inbox import (
    LedgerFilter,
    delivery_for,
    ledger,
    ledger_counts,
    letters,
    pdf_of,
    record_opening,
    report_for,
)
from hub.store.moves import move_study
from hub.store.rejections import Wish as Rejecting
from hub.store.rejections import reject
from hub.store.signing import Wish, shown_of, sign, token_of
from hub.store.tables import Delivery, ReportOpening, Study, User

EAST, WEST = Scope(frozenset({1})), Scope(frozenset({2}))


@pytest.fixture
def signed(store, arrive):
    """A signed report of the eastern site; its id."""
    arrive(name="张三")
    with store.writing() as session:
        li = users.add_user(session, "li", "reader", "a long enough password")
        users.add_user(session, "clinic", "township", "a long enough password", ["east"])
        study = session.query(Study).one()
        move_study(session, study, "arrival-settled")
        token = token_of(shown_of(session, study))
    return sign(store, Wish(li.id, HUB, study.id, token, ReportText("a", "b"))).report_id


def open_it(store, report_id, name="clinic"):
    with store.writing() as session:
        report, _study = report_for(session, EAST, report_id)
        return record_opening(session, report, session.query(User).filter_by(username=name).one())


def test_a_site_finds_its_own_letters_and_reports_only(store, signed):
    with store.reading() as session:
        (letter,) = letters(session, EAST)
        assert letter.report.id == signed and letters(session, WEST) == []
        assert letters(session, EAST, "张") and not letters(session, EAST, "%")
        assert letters(session, EAST, " 张 三 ") and not letters(session, EAST, "三张")
        with pytest.raises(NotYours):
            report_for(session, WEST, signed)


@pytest.mark.parametrize("then", [(), ("release",), ("release", "reject"), ("reject",)])
def test_a_signed_report_stays_in_the_inbox_whatever_comes(store, signed, arrive, then):
    arrive(sop="1.2.9", name="李四")
    with store.writing() as session:
        study = session.query(Study).one()
        assert study.state == "quarantined"
        if "release" in then:
            release(session, study)
            assert (study.state, study.note) == ("reopened", "late-instances")
        if "reject" in then:
            li = session.query(User).filter_by(username="li").one()
            reject(session, HUB, study.id, Rejecting(li, "patient", "另一位患者"))
            assert study.state == "reopened" and "study-rejected" in study.note
    with store.reading() as session:
        assert [letter.report.id for letter in letters(session, EAST)] == [signed]
        assert letters(session, WEST) == []
        assert report_for(session, EAST, signed)[0].id == signed


def test_an_opening_is_recorded_once_per_person_and_confirms_the_inbox(store, signed):
    assert (open_it(store, signed), open_it(store, signed)) == (True, False)
    with store.reading() as session:
        assert session.query(ReportOpening).count() == 1
        (delivery,) = session.query(Delivery).all()
        assert delivery.state == "confirmed" and delivery.confirmed_at is not None
        (row,) = ledger(session, HUB, LedgerFilter())
        assert [opening.user.username for opening in row.openings] == ["clinic"]


def test_a_second_persons_opening_is_recorded_too(store, signed):
    with store.writing() as session:
        users.add_user(session, "nurse", "township", "a long enough password", ["east"])
    assert open_it(store, signed) and open_it(store, signed, "nurse")


def test_the_ledger_stays_within_sites_and_filters(store, signed):
    with store.reading() as session:
        assert len(ledger(session, EAST, LedgerFilter())) == 1 and ledger(session, WEST, LedgerFilter()) == []
        assert ledger(session, HUB, LedgerFilter(state="dead")) == []
        assert len(ledger(session, HUB, LedgerFilter(site="east", text="张"))) == 1
        assert ledger(session, HUB, LedgerFilter(text="nobody")) == []
        assert (ledger_counts(session, EAST), ledger_counts(session, WEST)) == ({"queued": 1}, {})
        delivery = session.query(Delivery).one().id
        with pytest.raises(NotYours):
            delivery_for(session, WEST, delivery)


def test_there_is_no_pdf_before_it_is_made(store, signed):
    with store.reading() as session:
        assert pdf_of(session, signed) is None
