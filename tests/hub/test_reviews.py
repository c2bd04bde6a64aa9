"""Two levels: what one doctor writes another signs, changes or gives back."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from hub.domain.finding import Finding, Reading
from hub.domain.moves import ForbiddenMove
from hub.domain.report import ReportText
from hub.domain.scope import HUB
from hub.domain.text_diff import report_diff, text_diff
from hub.errors import Changed, NotYours, Refused
from hub.store import users
from hub.store.drafts import Saving, save_draft
from hub.store.pre_reads import keep_reading
from hub.store.reviews import return_report, write_report
from hub.store.signing import NotSignable, Wish, content_of, shown_of, sign, token_of
from hub.store.signing_case import Beside, Unanswered
from hub.store.tables import AuditRow, Instance, Report, Site, Study, User, WrittenReport
from hub.store.written import mark_seen, settle, unseen_by, waiting_list

TEXT = ReportText("双肺纹理清晰。", "心、肺、膈未见明确异常。")
TITLES = {"zhang": "junior", "wang": "intermediate", "zhao": "senior"}


@pytest.fixture
def doctors(store):
    with store.writing() as session:
        for name, title in TITLES.items():
            users.add_user(session, name, "reader", "a long enough password", display_name=name, title=title)
    with store.reading() as session:
        return {user.username: user.id for user in session.scalars(select(User))}


@pytest.fixture
def wish(store, doctors, study):
    """Return what the named doctor asks for after looking at the study as it is now."""

    def made(name, text=TEXT, **more):
        with store.reading() as session:
            token = token_of(shown_of(session, session.get_one(Study, study)))
        return Wish(doctors[name], HUB, study, token, text, **more)

    return made


@pytest.fixture
def two_doctors(store):
    with store.writing() as session:
        session.execute(update(Site).values(one_doctor=False))


def state_of(store, study):
    with store.reading() as session:
        return session.get_one(Study, study).state


def written(store):
    with store.reading() as session:
        return list(session.scalars(select(WrittenReport).order_by(WrittenReport.id)))


def send_back(store, doctors, study, reason="请描述右肺尖", who="wang"):
    with store.writing() as session:
        return_report(session, HUB, study, session.get_one(User, doctors[who]), reason)


def test_below_intermediate_one_writes_and_signs_nothing(store, wish, study):
    with pytest.raises(NotSignable) as refused:
        sign(store, wish("zhang"))
    assert refused.value.key == "low-title"
    write_report(store, wish("zhang"))
    assert state_of(store, study) == "written"


def test_another_doctors_signature_names_both(store, wish, study, doctors):
    write_report(store, wish("zhang"))
    sign(store, wish("wang"))
    with store.reading() as session:
        report = session.scalars(select(Report)).one()
    assert (report.author_name, report.signer_name, report.author_id) == ("zhang", "wang", doctors["zhang"])
    assert content_of(report)["author"] == "zhang"
    assert [row.outcome for row in written(store)] == ["approved"]


def test_where_two_doctors_are_wanted_nobody_signs_alone(store, wish, two_doctors):
    with pytest.raises(NotSignable) as unwritten:
        sign(store, wish("wang"))
    write_report(store, wish("wang"))
    with pytest.raises(NotSignable) as same:
        sign(store, wish("wang"))
    assert (unwritten.value.key, same.value.key) == ("not-written", "same-doctor")
    assert sign(store, wish("zhao")).version == 1


def test_where_one_doctor_is_allowed_the_writer_may_sign_and_stands_once(store, wish):
    write_report(store, wish("wang"))
    sign(store, wish("wang"))
    with store.reading() as session:
        assert session.scalars(select(Report)).one().author_name == ""


def test_what_the_reviewer_changed_is_kept_for_the_first_reader_until_seen(store, wish, doctors):
    write_report(store, wish("zhang"))
    sign(store, wish("wang", replace(TEXT, findings="双肺纹理增多。")))
    with store.writing() as session:
        ((row, _study),) = unseen_by(session, HUB, doctors["zhang"])
        assert (row.outcome, row.findings) == ("changed", TEXT.findings)
        with pytest.raises(NotYours):
            mark_seen(session, row.id, doctors["wang"])
        assert len(unseen_by(session, HUB, doctors["zhang"])) == 1
        mark_seen(session, row.id, doctors["zhang"])
        assert unseen_by(session, HUB, doctors["zhang"]) == []


def test_a_report_goes_back_with_a_reason_and_comes_again(store, wish, study, doctors):
    write_report(store, wish("zhang"))
    with pytest.raises(NotSignable):
        send_back(store, doctors, study, " ")
    with pytest.raises(NotSignable):
        send_back(store, doctors, study, who="zhang")
    send_back(store, doctors, study)
    assert state_of(store, study) == "drafted"
    write_report(store, wish("zhang"))
    assert [(row.outcome, row.reason) for row in written(store)] == [
        ("returned", "请描述右肺尖"), ("waiting", ""),
    ]  # fmt: skip


def test_two_reviewers_cannot_both_settle_one_report(store, wish, doctors):
    write_report(store, wish("zhang"))
    with store.writing() as session:
        ((row, _study),) = waiting_list(session, HUB)
        user = session.get_one(User, doctors["wang"])
        settle(session, row, "returned", user, reason="x y")
        with pytest.raises(ForbiddenMove):
            settle(session, row, "approved", user)


def test_handing_over_twice_waits_once(store, wish):
    asked = wish("zhang")
    assert write_report(store, asked) == write_report(store, asked)
    assert len(written(store)) == 1


def test_what_a_late_image_overtook_is_handed_over_anew_by_its_writer(store, wish, study, arrive):
    write_report(store, wish("zhang"))
    arrive(sop="1.2.99", body=b"late")
    assert state_of(store, study) == "drafted"
    with pytest.raises(Changed):
        write_report(store, wish("wang"))
    write_report(store, wish("zhang"))
    assert (state_of(store, study), [row.outcome for row in written(store)]) == (
        "written", ["withdrawn", "waiting"],
    )  # fmt: skip


def save(store, user, study, text, base=0):
    with store.writing() as session:
        save_draft(session, HUB, study, session.get_one(User, user), Saving(text, base))


def test_a_writer_who_writes_on_takes_it_back_a_reviewers_words_leave_it(store, wish, study, doctors):
    write_report(store, wish("zhang"))
    save(store, doctors["wang"], study, TEXT)
    assert state_of(store, study) == "written"
    with store.writing() as session:
        from hub.store.claims import release

        release(session, session.get_one(Study, study))
    save(store, doctors["zhang"], study, replace(TEXT, advice="复查。"), base=1)
    assert (state_of(store, study), written(store)[0].outcome) == ("drafted", "withdrawn")


def test_another_first_reader_does_not_write_into_what_waits(store, wish, study, doctors):
    write_report(store, wish("wang"))
    with pytest.raises(Refused):
        save(store, doctors["zhang"], study, TEXT)


def shadow(store, study):
    found = Finding("pneumonia", "肺炎", "pneumonia", 0.9, 0.5, True)
    with store.writing() as session:
        instance = session.query(Instance).filter_by(study_id=study).one()
        keep_reading(session, instance, Reading("chest", "1.2", "0" * 64, True, findings=(found,)), "2.25.5")


def test_a_contradiction_is_signed_only_with_a_reason_that_is_kept_and_audited(store, wish, study):
    shadow(store, study)
    with pytest.raises(Unanswered) as stopped:
        sign(store, wish("wang"))
    assert [one.key for one in stopped.value.concerns] == ["normal"]
    sign(store, wish("wang", beside=Beside({"normal": "旧片已有，无变化", "sex": "not asked"})))
    with store.reading() as session:
        report = session.scalars(select(Report)).one()
        acts = [(r.act, r.outcome, r.detail) for r in session.scalars(select(AuditRow))]
    assert report.reasons == {"normal": "旧片已有，无变化"} == content_of(report)["reasons"]
    assert ("override", "normal", "旧片已有，无变化") in acts


def test_a_first_readers_reason_counts_for_the_reviewer_of_the_same_text_only(store, wish, study):
    shadow(store, study)
    write_report(store, wish("zhang", beside=Beside({"normal": "旧片已有"})))
    with pytest.raises(Unanswered):
        sign(store, wish("wang", replace(TEXT, advice="复查。")))
    assert sign(store, wish("wang")).version == 1


def test_a_suggestion_word_for_word_is_confirmed_before_it_is_signed(store, wish, study):
    shadow(store, study)
    text = ReportText("肺野内见片状密度增高影，边界欠清。", "肺部感染性病变可能，请结合临床。")
    with pytest.raises(Unanswered) as stopped:
        sign(store, wish("wang", text))
    assert [one.key for one in stopped.value.concerns] == ["untouched"]
    assert sign(store, wish("wang", replace(text, findings="右下" + text.findings))).version == 1


def test_a_difference_names_what_went_and_what_came():
    assert text_diff("右肺片影", "左肺片影") == (("gone", "右"), ("new", "左"), ("same", "肺片影"))
    assert report_diff(TEXT, replace(TEXT, advice="复查。")) == {"advice": (("new", "复查。"),)}
    assert report_diff(TEXT, replace(TEXT, advice=" ")) == {}
