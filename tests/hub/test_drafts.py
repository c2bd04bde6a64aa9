"""Drafts are never silently overwritten, and a claim shows who writes."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from hub.domain.report import ReportText
from hub.domain.scope import HUB, Scope
from hub.errors import NotYours, Refused
from hub.store import now, users
from hub.store.claims import Claimed, claim_of, give_back, is_stale, take
from hub.store.drafts import DraftChanged, Saving, save_draft
from hub.store.tables import AuditRow, Claim, Draft, Study, User

ONE, OTHER = ReportText("one", "first"), ReportText("other", "second")


@pytest.fixture
def study(store, study):
    """A film that has arrived, and two who may write on it."""
    with store.writing() as session:
        for name in ("li", "wang"):
            users.add_user(session, name, "reader", "a long enough password", display_name=name.title())
    return study


def save(store, study, text, base, name="li"):
    with store.writing() as session:
        return save_draft(session, HUB, study, users.user_named(session, name), Saving(text, base))


def claim(store, study, name, over=False):
    with store.writing() as session:
        return take(session, HUB, study, users.user_named(session, name), over)


def acts(store):
    with store.reading() as session:
        found = session.scalars(select(AuditRow).order_by(AuditRow.number))
        return [(row.actor, row.act, row.outcome) for row in found]


def test_the_first_save_moves_the_study_and_claims_it(store, study):
    saved = save(store, study, ONE, 0)
    assert (saved.version, saved.text, saved.by) == (1, ONE, "Li")
    with store.reading() as session:
        assert session.get_one(Study, study).state == "drafted"
        assert claim_of(session, study).user.username == "li"


def test_each_save_counts_the_version_up(store, study):
    assert [save(store, study, ONE, base).version for base in (0, 1, 2)] == [1, 2, 3]


def test_a_save_over_an_older_version_is_refused_and_shows_what_stands_there(store, study):
    save(store, study, ONE, 0)
    save(store, study, OTHER, 1)
    with pytest.raises(DraftChanged) as refused:
        save(store, study, ONE, 1)
    assert (refused.value.draft.version, refused.value.draft.text) == (2, OTHER)
    with store.reading() as session:
        assert session.scalars(select(Draft)).one().findings == "other"


def test_the_same_save_twice_is_saved_once(store, study):
    assert save(store, study, ONE, 0).version == save(store, study, ONE, 0).version == 1


def test_what_somebody_else_writes_cannot_be_saved_over(store, study):
    save(store, study, ONE, 0)
    with pytest.raises(Claimed) as refused:
        save(store, study, OTHER, 1, "wang")
    assert refused.value.by == "Li"


def test_a_claim_is_taken_over_only_by_saying_so_and_that_is_audited(store, study):
    claim(store, study, "li")
    with pytest.raises(Claimed):
        claim(store, study, "wang")
    assert claim(store, study, "wang", over=True).user.username == "wang"
    assert ("wang", "claim", "taken-over") in acts(store)
    with pytest.raises(Claimed):
        save(store, study, ONE, 0, "li")


def test_a_claim_is_given_back_by_its_holder_alone(store, study):
    claim(store, study, "li")
    for name, left in (("wang", 1), ("li", 0)):
        with store.writing() as session:
            give_back(session, HUB, study, users.user_named(session, name))
            assert len(session.scalars(select(Claim)).all()) == left


def test_a_claim_that_nobody_touched_looks_left_behind(store, study):
    assert not is_stale(claim(store, study, "li"))
    with store.writing() as session:
        session.execute(update(Claim).values(seen_at=now() - timedelta(hours=1)))
        assert is_stale(claim_of(session, study))


def test_the_first_save_of_each_author_is_audited_not_every_autosave(store, study):
    for base in (0, 1, 2):
        save(store, study, ONE, base)
    assert [row for row in acts(store) if row[1] == "draft"] == [("li", "draft", "ok")]


def test_a_study_that_still_arrives_keeps_its_draft_and_its_state(store, study, arrive):
    arrive(sop="1.2.3.4", body=b"late")
    assert save(store, study, ONE, 0).version == 1
    with store.reading() as session:
        assert session.get_one(Study, study).state == "arriving"


def test_a_signed_or_quarantined_study_has_no_draft(store, study, arrive):
    arrive(sop="1.2.3.4", patient="another")
    with pytest.raises(Refused):
        save(store, study, ONE, 0)


def test_another_sites_study_can_neither_be_claimed_nor_written(store, study):
    nowhere = Scope(frozenset({99}))
    for act in (
        lambda s, u: take(s, nowhere, study, u),
        lambda s, u: give_back(s, nowhere, study, u),
        lambda s, u: save_draft(s, nowhere, study, u, Saving(ONE, 0)),
    ):
        with pytest.raises(NotYours), store.writing() as session:
            act(session, session.scalars(select(User)).first())
