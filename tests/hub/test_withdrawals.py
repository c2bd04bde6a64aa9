"""A rejection is taken back by a named person with a reason; what it was stays on record."""

import pytest

from hub.domain.rejection import Identity
from hub.domain.report import ReportText
from hub.domain.scope import HUB, Scope
from hub.errors import NotYours, Refused
from hub.store import audit, errands, users
from hub.store.cases import series_of
from hub.store.drafts import reset_draft
from hub.store.identity import release
from hub.store.moves import move_study
from hub.store.rejections import Wish, correct, reject
from hub.store.signing import Wish as Signature
from hub.store.signing import shown_of, sign_within, token_of
from hub.store.tables import AuditRow, Errand, Instance, Rejection, Study, User, Withdrawal
from hub.store.withdrawals import Second, told_of, withdraw

WHY = "点错了检查"
TO = {
    "arriving": (), "ready": ("arrival-settled",), "drafted": ("arrival-settled", "draft-saved"),
    "written": ("arrival-settled", "report-written"), "quarantined": ("arrival-settled", "identity-conflict"),
}  # fmt: skip


@pytest.fixture
def case(store, arrive):
    """A study of two instances in the state given."""

    def made(state="ready", note=""):
        arrive(sop="1.2.3")
        arrive(sop="1.2.4", body=b"more")
        with store.writing() as session:
            users.add_user(session, "li", "reader", "a long enough password", display_name="李")
            study = session.query(Study).one()
            study.note = note
            for event in TO[state]:
                move_study(session, study, event)
            return study.id

    return made


@pytest.fixture
def signed(store, case):
    """The same, signed."""
    study = case()
    with store.writing() as session:
        user = session.query(User).one()
        text = ReportText("双肺清晰", "未见异常")
        token = token_of(shown_of(session, session.get_one(Study, study)))
        sign_within(session, Signature(user.id, HUB, study, token, text))
    return study


def rejected(store, study, *instances, identity=None):
    with store.writing() as session:
        wish = Wish(session.query(User).one(), "patient", "患者错误", instances)
        if identity:
            return correct(session, HUB, study, wish, identity).id
        return reject(session, HUB, study, wish).id


def take_back(store, rejection, words=WHY, scope=HUB):
    with store.writing() as session:
        withdraw(session, scope, rejection, Second(session.query(User).one(), words))


def shown(store, study):
    with store.reading() as session:
        return [one.sop_instance_uid for part in series_of(session, study) for one in part.instances]


def stands(store, study):
    with store.reading() as session:
        row = session.get_one(Study, study)
        return row.state, row.note


@pytest.mark.parametrize("state", list(TO))
def test_a_study_that_was_rejected_whole_returns_to_the_list_it_came_from(store, case, state):
    note = "two-patients" if state == "quarantined" else ""
    study = case(state, note)
    first = rejected(store, study)
    assert stands(store, study)[0] == "rejected"
    take_back(store, first)
    assert stands(store, study) == (state, f"{note} rejection-withdrawn".strip())
    assert shown(store, study) == ["1.2.3", "1.2.4"]


def test_who_took_it_back_and_why_is_kept_beside_the_rejection_and_in_the_audit(store, case):
    study = case()
    first = rejected(store, study, "1.2.3")
    take_back(store, first)
    assert stands(store, study) == ("ready", "rejection-withdrawn")
    with store.reading() as session:
        row, withdrawal = session.query(Rejection).one(), session.query(Withdrawal).one()
        assert (row.reason, row.words, row.instances) == ("patient", "患者错误", ["1.2.3"])
        assert (row.withdrawal, withdrawal.user.username, withdrawal.words) == (withdrawal, "li", WHY)
        said = session.query(AuditRow).filter_by(act="withdraw").one()
        assert (said.actor, said.thing, said.outcome) == ("li", f"study:{study}", "ready")
        assert WHY in said.detail
        assert {one.key for one in session.query(Errand).filter_by(kind="write-rejection")} == {
            f"write-rejection:{first}", f"withdraw:{first}"
        }  # fmt: skip


def test_only_the_images_of_that_rejection_come_back_and_the_other_stays(store, case):
    study = case("written")
    first, second = rejected(store, study, "1.2.3"), rejected(store, study)
    take_back(store, first)
    assert shown(store, study) == ["1.2.3"]
    assert stands(store, study) == ("drafted", "images-rejected rejection-withdrawn")
    take_back(store, second)
    assert shown(store, study) == ["1.2.3", "1.2.4"]
    assert stands(store, study) == ("drafted", "rejection-withdrawn")


def test_without_words_twice_or_from_another_site_nothing_is_taken_back(store, case):
    study = case()
    first = rejected(store, study)
    for words in ("  ", "x" * 501):
        with pytest.raises(Refused):
            take_back(store, first, words)
    with pytest.raises(NotYours):
        take_back(store, first, scope=Scope(frozenset({2})))
    with pytest.raises(NotYours):
        take_back(store, 99)
    assert shown(store, study) == []
    take_back(store, first)
    with pytest.raises(Refused, match="already"):
        take_back(store, first)
    with store.reading() as session:
        assert session.query(Withdrawal).count() == 1


@pytest.mark.parametrize("which", [(), ("1.2.4",)])
def test_a_signed_report_that_was_opened_for_it_needs_no_addendum_any_more(store, signed, which):
    first = rejected(store, signed, *which)
    assert stands(store, signed)[0] == "reopened"
    take_back(store, first)
    assert stands(store, signed) == ("signed", "rejection-withdrawn")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["the first first", "the last first"])
@pytest.mark.parametrize("which", [("1.2.4",), ()], ids=["one by one", "then the whole"])
def test_a_signed_report_rests_again_in_whichever_order_its_rejections_are_taken_back(
    store, signed, which, order
):
    made = [rejected(store, signed, "1.2.3"), rejected(store, signed, *which)]
    for place in order:
        assert stands(store, signed)[0] == "reopened"
        take_back(store, made[place])
    assert stands(store, signed)[0] == "signed"


def test_a_report_that_was_reopened_by_hand_stays_open_when_a_rejection_is_taken_back(store, signed):
    earlier = rejected(store, signed, "1.2.3")
    take_back(store, earlier)
    with store.writing() as session:
        move_study(session, session.get_one(Study, signed), "addendum-opened")
    take_back(store, rejected(store, signed, "1.2.4"))
    assert stands(store, signed)[0] == "reopened"


def test_a_report_that_somebody_has_begun_to_add_to_stays_open(store, signed):
    first = rejected(store, signed)
    with store.writing() as session:
        study, user = session.get_one(Study, signed), session.query(User).one()
        reset_draft(session, study, user, ReportText("双肺清晰", "未见异常", "", "图像有误"))
    take_back(store, first)
    assert stands(store, signed)[0] == "reopened"


def test_what_was_released_from_the_quarantine_by_its_rejection_goes_back_there_with_its_report(
    store, signed
):
    with store.writing() as session:
        study = session.get_one(Study, signed)
        study.note = "two-patients"
        move_study(session, study, "identity-conflict")
    first = rejected(store, signed)
    assert stands(store, signed)[0] == "reopened"
    take_back(store, first)
    assert stands(store, signed) == ("quarantined", "two-patients rejection-withdrawn")
    with store.writing() as session:
        release(session, session.get_one(Study, signed))


def test_images_that_came_meanwhile_stay_beside_those_that_come_back(store, case, arrive):
    study = case()
    first = rejected(store, study)
    arrive(sop="1.2.5", body=b"taken again")
    take_back(store, first)
    assert stands(store, study) == ("arriving", "rejection-withdrawn")
    assert shown(store, study) == ["1.2.3", "1.2.4", "1.2.5"]


def test_a_correction_is_taken_back_only_once_its_copy_is_rejected(store, case, arrive):
    study = case()
    first = rejected(store, study, identity=Identity("P9", "王五"))
    with pytest.raises(Refused, match="being written"):
        take_back(store, first)
    with store.writing() as session:
        uid = session.query(Rejection).one().identity["study_uid"]
        errand = session.query(Errand).filter_by(kind="correct-identity").one().id
        (task,) = errands.claim_next(session, ["correct-identity"], "me", 1)
        errands.finish(session, [task])
        assert task.id == errand
    arrive(sop="1.2.9", study=uid, patient="P9", name="王五", series=f"{uid}.1")
    with pytest.raises(Refused, match="reject that study first"):
        take_back(store, first)
    with store.reading() as session:
        copy = session.query(Study).filter_by(study_instance_uid=uid).one().id
    rejected(store, copy)
    take_back(store, first)
    assert stands(store, study) == ("ready", "rejection-withdrawn")
    assert arrive(sop="1.2.6") == "kept" and stands(store, study)[0] == "arriving"


def test_which_rejections_a_peer_was_told_of_is_known(store, case):
    study = case()
    first, second = rejected(store, study, "1.2.3"), rejected(store, study)
    with store.writing() as session:
        uid = session.get_one(Rejection, first).ko_uid
        audit.append(session, audit.entry("reject", f"instance:{uid}", "told"))
    with store.reading() as session:
        assert told_of(session, session.query(Rejection).all()) == {first}
        assert second and session.query(Instance).count() == 2
