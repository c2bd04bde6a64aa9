"""A rejection is a named person's, has a reason, deletes nothing, and opens a signed report again."""

import pytest

from hub.domain.rejection import Identity
from hub.domain.scope import HUB, Scope
from hub.errors import NotYours, Refused
from hub.store import users
from hub.store.cases import series_of
from hub.store.moves import move_study
from hub.store.rejections import Wish, correct, reject
from hub.store.tables import AuditRow, Errand, Instance, Rejection, Study, User

WORDS = "拍成了另一位患者"


@pytest.fixture
def case(store, arrive):
    """A study of two instances in the state given, and who rejects."""

    def made(state="ready"):
        arrive(sop="1.2.3")
        arrive(sop="1.2.4", body=b"more")
        with store.writing() as session:
            users.add_user(session, "li", "reader", "a long enough password", display_name="李")
            study = session.query(Study).one()
            if state != "arriving":
                move_study(session, study, "arrival-settled")
            for event in {"signed": ("report-signed",), "quarantined": ("identity-conflict",)}.get(state, ()):
                move_study(session, study, event)
            return study.id

    return made


def wish(session, *instances, reason="quality", words=WORDS):
    return Wish(session.query(User).one(), reason, words, instances)


def rejected(store):
    with store.reading() as session:
        return {row.sop_instance_uid: row.rejected for row in session.query(Instance)}


def test_one_instance_leaves_the_case_and_stays_kept(store, case):
    study = case()
    with store.writing() as session:
        reject(session, HUB, study, wish(session, "1.2.3"))
    assert rejected(store) == {"1.2.3": True, "1.2.4": False}
    with store.reading() as session:
        row = session.get_one(Study, study)
        assert (row.state, row.note) == ("ready", "images-rejected")
        shown = [one.sop_instance_uid for part in series_of(session, study) for one in part.instances]
        assert shown == ["1.2.4"]
        assert all(store.vault.path(one.file_key).is_file() for one in session.query(Instance))
        made = session.query(Rejection).one()
        assert (made.user.username, made.reason, made.words) == ("li", "quality", WORDS)
        said = session.query(AuditRow).filter_by(act="reject").one()
        assert (said.actor, said.outcome) == ("li", "images-rejected") and WORDS in said.detail
        assert session.query(Errand).filter_by(kind="write-rejection").count() == 1


@pytest.mark.parametrize(
    ("state", "left"), [("arriving", "rejected"), ("ready", "rejected"), ("quarantined", "rejected")]
)
def test_a_study_without_a_report_leaves_the_worklist_whole(store, case, state, left):
    study = case(state)
    with store.writing() as session:
        reject(session, HUB, study, wish(session, reason="patient"))
    with store.reading() as session:
        assert session.get_one(Study, study).state == left
    assert set(rejected(store).values()) == {True}


@pytest.mark.parametrize("which", [(), ("1.2.4",)])
def test_a_signed_report_is_opened_again_for_an_addendum(store, case, which):
    study = case("signed")
    with store.writing() as session:
        reject(session, HUB, study, wish(session, *which, reason="patient"))
    with store.reading() as session:
        row = session.get_one(Study, study)
        assert row.state == "reopened" and row.note == ("images-rejected" if which else "study-rejected")
        assert session.query(AuditRow).filter_by(act="reject").one().outcome == "addendum-needed"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"reason": "because"}, "none of"),
        ({"words": "  "}, "in words"),
        ({"words": "x" * 501}, "more than"),
    ],
)
def test_without_a_reason_nothing_is_rejected(store, case, said, why):
    study = case()
    with store.writing() as session, pytest.raises(Refused, match=why):
        reject(session, HUB, study, wish(session, **said))
    assert set(rejected(store).values()) == {False}


def test_what_is_no_part_of_the_study_or_was_rejected_before_is_refused(store, case):
    study = case()
    with store.writing() as session, pytest.raises(Refused):
        reject(session, HUB, study, wish(session, "1.2.3", "9.9"))
    with store.writing() as session:
        reject(session, HUB, study, wish(session, "1.2.3"))
    with store.writing() as session, pytest.raises(Refused):
        reject(session, HUB, study, wish(session, "1.2.3"))
    with store.writing() as session, pytest.raises(NotYours):
        reject(session, Scope(frozenset({2})), study, wish(session))
    assert rejected(store) == {"1.2.3": True, "1.2.4": False}


def test_a_resend_of_what_was_rejected_brings_nothing_back(store, case, arrive):
    study = case()
    with store.writing() as session:
        reject(session, HUB, study, wish(session))
    assert arrive(sop="1.2.3") == "same-again"
    with store.reading() as session:
        assert session.get_one(Study, study).state == "rejected"
    assert set(rejected(store).values()) == {True}


def test_what_comes_after_a_rejection_is_listed_again_and_said(store, case, arrive):
    study = case()
    with store.writing() as session:
        reject(session, HUB, study, wish(session))
    assert arrive(sop="1.2.5", body=b"taken again") == "kept"
    with store.reading() as session:
        row = session.get_one(Study, study)
        assert (row.state, row.note) == ("arriving", "images-rejected")
        shown = [one.sop_instance_uid for part in series_of(session, study) for one in part.instances]
        assert shown == ["1.2.5"]
        said = session.query(AuditRow).filter_by(act="store", thing=f"study:{study}").one()
        assert (said.outcome, said.site) == ("after-rejection", "east")


def test_another_patient_in_a_rejected_study_is_set_apart(store, case, arrive):
    study = case()
    with store.writing() as session:
        reject(session, HUB, study, wish(session))
    arrive(sop="1.2.5", name="李四")
    with store.reading() as session:
        row = session.get_one(Study, study)
        assert (row.state, row.note) == ("quarantined", "images-rejected two-patients")


def test_what_comes_under_an_identity_that_was_corrected_is_set_apart(store, case, arrive):
    study = case()
    with store.writing() as session:
        correct(session, HUB, study, wish(session), Identity("P9", "王五"))
    arrive(sop="1.2.5")
    with store.reading() as session:
        row = session.get_one(Study, study)
        assert (row.state, row.note) == ("quarantined", "images-rejected after-correction")
        assert session.query(AuditRow).filter_by(act="quarantine").one().outcome == "after-correction"


@pytest.mark.parametrize(
    ("identity", "why"),
    [
        (Identity("", "张三"), "patient_id"),
        (Identity("P2", " "), "name"),
        (Identity("P2", "a\\b"), "name"),
        (Identity("P2", "张三", "X"), "sex"),
        (Identity("P2", "张三", "M", "never"), "birth_date"),
        (Identity("P2", "张三", "M", unknown=("sex",)), "both given and unknown"),
        (Identity("P2", "张三", unknown=("name",)), "cannot be unknown"),
        (Identity("P1", "张三"), "is held already"),
    ],
)
def test_an_identity_that_nobody_has_is_refused(store, case, identity, why):
    study = case()
    with store.writing() as session, pytest.raises(Refused, match=why):
        correct(session, HUB, study, wish(session), identity)
    assert set(rejected(store).values()) == {False}


def test_the_audit_tells_what_a_correction_changed_and_from_what(store, case):
    study = case()
    with store.writing() as session:
        session.get_one(Study, study).patient.birth_date = "19580102"
    with store.writing() as session:
        correct(session, HUB, study, wish(session), Identity("P2", "张三", unknown=("birth_date",)))
    with store.reading() as session:
        said = session.query(AuditRow).filter_by(act="correct").one().detail
    assert said == f"patient: 2 of 2; patient_id: 'P1' -> 'P2', birth_date: '19580102' -> ''; {WORDS}"
