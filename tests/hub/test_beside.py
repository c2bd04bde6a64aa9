"""Grades of image quality, studies put aside, and whether a paper still counts."""

import pytest
from sqlalchemy import select

from hub.domain.scope import HUB, Scope
from hub.errors import NotYours, Refused
from hub.store.image_quality import NoReason, grade_of, grade_pictures
from hub.store.put_aside import aside_of, put_aside, take_up
from hub.store.signing import open_addendum, sign
from hub.store.tables import Claim, ImageQuality, Report, User
from hub.store.verify import standing_of
from tests.hub.test_reviews import TEXT, doctors, wish

__all__ = ["doctors", "wish"]


@pytest.fixture
def wang(doctors):
    return doctors["wang"]


def grade(store, user, study, *said, scope=HUB):
    with store.writing() as session:
        grade_pictures(session, scope, study, session.get_one(User, user), said)


def test_the_best_grade_needs_no_reason_every_other_does(store, wang, study):
    grade(store, wang, study, "A", "")
    with pytest.raises(NoReason):
        grade(store, wang, study, "B", " ")
    grade(store, wang, study, "C", "吸气不足")
    with store.reading() as session:
        counts = grade_of(session, study)
        assert (counts.grade, counts.reason, session.query(ImageQuality).count()) == ("C", "吸气不足", 2)


def test_no_other_grade_and_no_other_site_is_graded(store, wang, study):
    with pytest.raises(Refused):
        grade(store, wang, study, "E", "x")
    with pytest.raises(NotYours):
        grade(store, wang, study, "A", "", scope=Scope(frozenset({2})))


def test_a_study_put_aside_stays_held_and_is_found_again(store, doctors, study):
    from hub.store.claims import Claimed

    with store.writing() as session:
        put_aside(session, HUB, study, session.get_one(User, doctors["wang"]))
        put_aside(session, HUB, study, session.get_one(User, doctors["wang"]))
        assert aside_of(session, HUB, doctors["wang"]) == [study]
        assert (
            aside_of(session, HUB, doctors["zhao"])
            == aside_of(session, Scope(frozenset({2})), doctors["wang"])
            == []
        )
    with pytest.raises(Claimed), store.writing() as session:
        put_aside(session, HUB, study, session.get_one(User, doctors["zhao"]))
    with store.writing() as session:
        assert take_up(session, study, doctors["wang"]) and not take_up(session, study, doctors["wang"])
        assert aside_of(session, HUB, doctors["wang"]) == []


def test_what_is_signed_is_not_put_aside_nor_held(store, wish, study, doctors):
    sign(store, wish("wang"))
    with pytest.raises(Refused), store.writing() as session:
        put_aside(session, HUB, study, session.get_one(User, doctors["wang"]))
    with store.reading() as session:
        assert session.query(Claim).count() == 0


def test_a_paper_is_valid_then_superseded_and_any_other_unknown(store, wish, study, doctors):
    from dataclasses import replace

    sign(store, wish("wang"))
    with store.writing() as session:
        open_addendum(session, HUB, study, session.get_one(User, doctors["wang"]))
    with store.reading() as session:
        (digest,) = session.scalars(select(Report.digest))
        assert standing_of(session, digest) == standing_of(session, digest[:16].upper()) == "valid"
        assert standing_of(session, " ".join(digest[at : at + 4] for at in range(0, 16, 4))) == "valid"
    sign(store, wish("wang", replace(TEXT, addendum="补充：左侧肋骨可疑。")))
    with store.reading() as session:
        newest = session.scalar(select(Report.digest).where(Report.version == 2))
        assert (standing_of(session, digest), standing_of(session, newest)) == ("superseded", "valid")
        for other in ("", digest[:15], "0" * 64, "%" * 16, digest + "0"):
            assert standing_of(session, other) == "unknown"
