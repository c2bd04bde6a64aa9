"""A signature is bound to what was shown, wins alone, and is made once (promise 10)."""

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from hub.domain.finding import Reading
from hub.domain.report import ReportText, canonical_digest
from hub.domain.scope import HUB, Scope
from hub.errors import Changed, NotYours
from hub.store import now, users
from hub.store.claims import Claimed, OtherKind, take
from hub.store.drafts import Saving, save_draft
from hub.store.guessed_name import NameGuessed
from hub.store.moves import move_study
from hub.store.pre_reads import keep_reading
from hub.store.signing import (
    NotSignable,
    Wish,
    content_of,
    open_addendum,
    shown_of,
    sign,
    token_of,
)
from hub.store.sites import ReturnNode, edit_site
from hub.store.tables import AuditRow, Claim, Delivery, Draft, Errand, Instance, Patient, Report, Study, User

TEXT = ReportText("双肺纹理清晰。", "心、肺、膈未见明确异常。")


@pytest.fixture
def doctors(store):
    """Two who may sign and one who may not, by name."""
    with store.writing() as session:
        for name, role in (("li", "reader"), ("wang", "reviewer"), ("boss", "admin")):
            users.add_user(session, name, role, "a long enough password", display_name=name.title())
    with store.reading() as session:
        return {user.username: user.id for user in session.scalars(select(User))}


@pytest.fixture
def wish(store, doctors, study):
    """What li sends after looking at the study."""
    return Wish(doctors["li"], HUB, study, shown_now(store, study), TEXT, "10.0.0.7")


def shown_now(store, study_id):
    with store.reading() as session:
        return token_of(shown_of(session, session.get_one(Study, study_id)))


def rows(store, table, **where):
    with store.reading() as session:
        return list(session.scalars(select(table).filter_by(**where).order_by(table.id)))


def state_of(store, study_id):
    with store.reading() as session:
        return session.get_one(Study, study_id).state


def test_signing_inserts_a_version_with_all_that_follows_in_one_commit(store, wish, study):
    assert sign(store, wish).version == 1
    (report,), (delivery,) = rows(store, Report), rows(store, Delivery)
    assert (report.kind, report.impression, report.signer_name) == ("report", TEXT.impression, "Li")
    assert (delivery.channel, delivery.destination, delivery.state) == ("inbox", "inbox", "queued")
    assert [errand.subject_id for errand in rows(store, Errand, kind="issue-report")] == [report.id]
    assert state_of(store, study) == "signed"
    with store.reading() as session:
        row = session.scalars(select(AuditRow).filter_by(act="sign")).one()
    assert (row.actor, row.thing, row.outcome, row.address) == ("li", f"study:{study}", "ok", "10.0.0.7")
    assert report.digest in row.detail


def test_a_site_with_a_return_node_gets_the_report_there_too(store, wish):
    with store.writing() as session:
        edit_site(
            session.scalars(select(Study)).one().site, return_node=ReturnNode("CLINIC", "10.1.2.3", 104)
        )
    sign(store, wish)
    assert sorted(d.destination for d in rows(store, Delivery)) == ["CLINIC@10.1.2.3:104", "inbox"]


def test_the_digest_names_the_content_and_everything_that_was_shown(store, wish):
    sign(store, wish)
    (report,) = rows(store, Report)
    assert report.digest == canonical_digest(content_of(report))
    assert report.shown_digest == canonical_digest(report.shown) == wish.token.partition(".")[0]


def test_a_signed_report_cannot_be_changed_or_deleted_in_the_database(store, wish):
    sign(store, wish)
    with pytest.raises(DBAPIError), store.writing() as session:
        session.execute(update(Report).values(impression="something else"))
    with pytest.raises(DBAPIError), store.writing() as session:
        session.delete(session.scalars(select(Report)).one())
    assert rows(store, Report)[0].impression == TEXT.impression


def test_a_double_click_signs_once(store, wish):
    first, second = sign(store, wish), sign(store, wish)
    assert (second.report_id, second.version, second.again) == (first.report_id, 1, True)
    assert len(rows(store, Report)) == len(rows(store, Delivery)) == 1


def test_other_words_after_the_signature_are_no_double_click(store, wish):
    sign(store, wish)
    with pytest.raises(Changed) as refused:
        sign(store, replace(wish, text=ReportText("", "something else")))
    assert refused.value.differences == ("signed",)


def test_of_two_signers_at_once_exactly_one_wins(store, wish, doctors):
    wishes = [replace(wish, user_id=doctors[name]) for name in ("li", "wang")]
    results, start = [], threading.Barrier(len(wishes) * 4)

    def attempt(mine):
        start.wait()
        try:
            results.append((mine.user_id, sign(store, mine).version))
        except (Changed, Claimed):
            results.append((mine.user_id, None))

    threads = [threading.Thread(target=attempt, args=(mine,)) for mine in wishes * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = {user for user, version in results if version}
    assert len(results) == 8 and len(winners) == 1
    assert len(rows(store, Report)) == 1


SIGN_IN_ANOTHER_PROCESS = """
import sys
from hub.domain.report import ReportText
from hub.domain.scope import HUB
from hub.errors import Changed
from hub.settings import read_settings
from hub.store import open_store
from hub.store.signing import Wish, sign
data, url, user, study, token = sys.argv[1:]
store = open_store(read_settings(data_dir=data, database_url=url or None))
sys.stdin.readline()
try:
    print(sign(store, Wish(int(user), HUB, int(study), token, ReportText("a", "b"))).version)
except Changed:
    print("changed")
"""


def test_of_two_processes_at_once_exactly_one_signs(store, wish, doctors, settings):
    url = settings.database_url.get_secret_value() if settings.database_url else ""
    common = [sys.executable, "-c", SIGN_IN_ANOTHER_PROCESS, str(settings.data_dir), url]
    signers = [
        subprocess.Popen(
            [*common, str(doctors[name]), str(wish.study_id), wish.token],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for name in ("li", "wang")
    ]  # fmt: skip
    for signer in signers:
        signer.stdin.write("go\n")
        signer.stdin.flush()
    said = sorted(signer.communicate(timeout=60)[0].strip() for signer in signers)
    assert said == ["1", "changed"] and len(rows(store, Report)) == 1


def test_a_late_image_stops_the_signature(store, wish, arrive, study):
    arrive(sop="1.2.3.99", body=b"late")
    assert state_of(store, study) == "arriving"
    with pytest.raises(NotSignable, match="arriving"):
        sign(store, wish)
    with store.writing() as session:
        move_study(session, session.get_one(Study, study), "arrival-settled")
    with pytest.raises(Changed) as refused:
        sign(store, wish)
    assert refused.value.differences == ("instances",)


def test_a_corrected_identity_stops_the_signature(store, wish):
    with store.writing() as session:
        session.execute(update(Patient).values(name="李四"))
    with pytest.raises(Changed) as refused:
        sign(store, wish)
    assert refused.value.differences == ("identity",)


def test_a_new_reading_stops_the_signature(store, wish):
    with store.writing() as session:
        reading = Reading("chest", "1.0", "0" * 64, assessed=True)
        keep_reading(session, session.scalars(select(Instance)).one(), reading, "2.25.7")
    with pytest.raises(Changed) as refused:
        sign(store, wish)
    assert refused.value.differences == ("pre-read",)


def test_a_newer_draft_stops_the_signature(store, wish, doctors, study):
    with store.writing() as session:
        user = session.get_one(User, doctors["li"])
        save_draft(session, HUB, study, user, Saving(ReportText("newer", ""), 0))
    with pytest.raises(Changed) as refused:
        sign(store, wish)
    assert refused.value.differences == ("draft",)


def test_a_damaged_file_stops_the_signature(store, wish):
    with store.writing() as session:
        session.execute(update(Instance).values(damaged=True))
    with pytest.raises(Changed) as refused:
        sign(store, wish)
    assert refused.value.differences == ("instances",)


@pytest.mark.parametrize("token", ["", "0" * 64, "a.b.c.d.e.f", "...."])
def test_a_made_up_token_signs_nothing(store, wish, token):
    with pytest.raises(Changed):
        sign(store, replace(wish, token=token))
    assert rows(store, Report) == []


def test_nothing_is_written_when_a_signature_is_refused(store, wish):
    before = len(rows(store, Errand))
    with pytest.raises(NotSignable):
        sign(store, replace(wish, text=ReportText("findings only", "  ")))
    assert (rows(store, Report), rows(store, Delivery), len(rows(store, Errand))) == ([], [], before)


def test_a_study_that_is_arriving_or_set_apart_cannot_be_signed(store, wish, arrive, study):
    arrive(sop="1.2.4", patient="somebody else")
    assert state_of(store, study) == "quarantined"
    with pytest.raises(NotSignable) as refused:
        sign(store, replace(wish, token=shown_now(store, study)))
    assert refused.value.key == "quarantined"


def test_who_may_not_sign_does_not(store, wish, doctors):
    with pytest.raises(NotSignable) as refused:
        sign(store, replace(wish, user_id=doctors["boss"]))
    assert refused.value.key == "no-right"
    with store.writing() as session:
        session.get_one(User, doctors["li"]).active = False
    with pytest.raises(NotSignable):
        sign(store, wish)


def test_another_sites_study_does_not_exist(store, wish):
    with pytest.raises(NotYours):
        sign(store, replace(wish, scope=Scope(frozenset({2}))))


def test_a_study_that_somebody_else_reads_is_not_signed_over_their_head(store, wish, doctors, study):
    with store.writing() as session:
        session.add(Claim(study_id=study, user_id=doctors["wang"], since=now(), seen_at=now()))
    with pytest.raises(Claimed) as refused:
        sign(store, wish)
    assert refused.value.by == "Wang"


def test_signing_gives_the_study_back_and_leaves_no_page_with_a_valid_draft(store, wish, doctors, study):
    with store.writing() as session:
        session.add(Claim(study_id=study, user_id=doctors["li"], since=now(), seen_at=now()))
    sign(store, wish)
    assert rows(store, Claim) == []
    (draft,) = rows(store, Draft)
    assert (draft.version, draft.impression) == (1, TEXT.impression)


def addendum(store, wish, doctors):
    sign(store, wish)
    with store.writing() as session:
        open_addendum(session, HUB, wish.study_id, session.get_one(User, doctors["li"]))
    return replace(
        wish, token=shown_now(store, wish.study_id), text=replace(wish.text, addendum="补充:左侧肋骨可疑。")
    )


def test_an_addendum_is_a_new_version_with_the_whole_report(store, wish, doctors, study):
    more = addendum(store, wish, doctors)
    assert state_of(store, study) == "reopened"
    assert sign(store, more).version == 2
    first, second = rows(store, Report)
    assert (second.kind, second.findings, second.addendum) == ("addendum", TEXT.findings, more.text.addendum)
    assert (first.addendum, first.sr_uid != second.sr_uid) == ("", True)
    assert len(rows(store, Delivery)) == 2 and len(rows(store, Errand, kind="issue-report")) == 2


def test_a_further_version_says_what_it_adds(store, wish, doctors):
    more = addendum(store, wish, doctors)
    with pytest.raises(NotSignable) as refused:
        sign(store, replace(more, text=TEXT))
    assert refused.value.key == "no-addendum"


def test_a_page_from_before_the_addendum_cannot_sign_it(store, wish, doctors):
    more = addendum(store, wish, doctors)
    with pytest.raises(Changed) as refused:
        sign(store, replace(more, token=wish.token))
    assert refused.value.differences == ("draft",)


def test_there_is_nothing_to_add_to_before_the_first_signature(store, doctors, study):
    with pytest.raises(NotSignable), store.writing() as session:
        open_addendum(session, HUB, study, session.get_one(User, doctors["li"]))


def test_the_instant_of_signing_survives_the_database(store, wish):
    before = datetime.now(UTC)
    sign(store, wish)
    (report,) = rows(store, Report)
    assert abs((report.signed_at - before).total_seconds()) < 60 and report.signed_at.tzinfo is not None


@pytest.fixture
def guessed(store, study):
    """The study's patient has a name that was guessed."""
    with store.writing() as session:
        session.execute(update(Patient).values(name="张智宏", name_guessed=True))


def test_a_guessed_name_goes_under_no_signature_that_does_not_confirm_it(store, wish, study, guessed):
    asking = replace(wish, token=shown_now(store, study))
    for said in ("", "张三"):
        with pytest.raises(NameGuessed) as asked:
            sign(store, replace(asking, confirmed_name=said))
        assert asked.value.name == "张智宏"
    assert rows(store, Report) == []


def test_a_signature_that_confirms_a_guessed_name_confirms_it_for_everybody(store, wish, study, guessed):
    assert sign(store, replace(wish, token=shown_now(store, study), confirmed_name="张智宏")).version == 1
    (patient,) = rows(store, Patient)
    assert patient.name_confirmed_by == wish.user_id
    with store.reading() as session:
        acts = [(row.act, row.outcome, row.actor) for row in session.scalars(select(AuditRow))]
    assert ("quarantine", "name-confirmed", "li") in acts


def test_a_name_that_somebody_confirmed_before_is_not_asked_about_again(store, wish, study, guessed):
    with store.writing() as session:
        session.execute(update(Patient).values(name_confirmed_by=wish.user_id))
    assert sign(store, replace(wish, token=shown_now(store, study))).version == 1


def test_the_ecg_doctor_signs_ecgs_and_nothing_else(store, wish, study):
    with store.writing() as session:
        ecg = users.add_user(session, "qian", "ecg", "a long enough password")
        session.flush()
        theirs = replace(wish, user_id=ecg.id)
    with pytest.raises(NotSignable) as refused:
        sign(store, theirs)
    assert refused.value.key == "other-kind"
    with store.writing() as session:
        session.execute(update(Study).values(modality="ECG"))
    assert sign(store, theirs).version == 1


def test_the_ecg_doctor_writes_and_claims_ecgs_and_nothing_else(store, study):
    with store.writing() as session:
        users.add_user(session, "qian", "ecg", "a long enough password")
    for act in (
        lambda s, u: save_draft(s, HUB, study, u, Saving(TEXT, 0)),
        lambda s, u: take(s, HUB, study, u),
    ):
        with pytest.raises(OtherKind), store.writing() as session:
            act(session, users.user_named(session, "qian"))
    assert rows(store, Draft) == rows(store, Claim) == []
