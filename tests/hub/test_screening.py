"""Screening: nothing unknown stands among the normal ones, what is confirmed is signed, and counts add up."""

import random
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from hub.domain.moves import ForbiddenMove
from hub.domain.report import ReportText
from hub.domain.scope import HUB, Scope
from hub.domain.screening import (
    BLOCK,
    checked_days,
    checked_percent,
    checked_statement,
    is_ai_normal,
    is_drawn,
)
from hub.domain.uid import new_uid
from hub.errors import Changed, HubError, NotYours, Refused
from hub.store import claims, now, users
from hub.store.campaigns import Plan, add_campaign, campaign_for, campaigns_in, close_campaign
from hub.store.critical_notices import Word, give_notice
from hub.store.drafts import Saving, save_draft
from hub.store.moves import move_study
from hub.store.pre_reads import keep_reading
from hub.store.re_reads import disagreements, keep_re_read, next_re_read, settle
from hub.store.reviews import return_report
from hub.store.screening import counts_of, next_single, places, waiting_in
from hub.store.sheets import (
    Signer,
    choose_cards,
    confirm_one,
    hand_out,
    need_whole,
    put_back,
    set_apart,
    sheet_for,
    studies_of,
)
from hub.store.signing import NotSignable, open_addendum
from hub.store.tables import (
    AuditRow,
    Campaign,
    Instance,
    Patient,
    PreRead,
    Report,
    Screened,
    ScreeningSheet,
    Site,
    Study,
    User,
    WrittenReport,
)
from tests.plugins.screening import NORMAL, NOT_ASSESSED, NOT_NORMAL, ecg, open_campaign, sign_singly

__all__ = ["ecg"]

PEOPLE = {
    "boss": ("admin", "senior"), "qian": ("ecg", "intermediate"), "sun": ("ecg", "intermediate"),
    "zhou": ("expert", "senior"), "zhang": ("ecg", "junior"),
}  # fmt: skip


@pytest.fixture
def people(store):
    with store.writing() as session:
        for name, (role, title) in PEOPLE.items():
            users.add_user(session, name, role, "a long enough password", display_name=name, title=title)
    with store.reading() as session:
        return {user.username: user.id for user in session.scalars(select(User))}


@pytest.fixture
def campaign(store, people):
    return open_campaign(store, people["boss"])


def handed(store, people, campaign, who="qian", scope=HUB):
    """Hand a page out; return its row."""
    with store.writing() as session:
        row = session.get_one(Campaign, campaign)
        cards = choose_cards(session, scope, row, people[who])
        return hand_out(session, row, session.get_one(User, people[who]), cards)


def confirm(store, people, sheet, study, who="qian"):
    return confirm_one(store, sheet, study, Signer(people[who], HUB))


def counted(store, campaign, scope=HUB):
    with store.reading() as session:
        return counts_of(session, scope, session.get_one(Campaign, campaign))


def place(store, campaign, study):
    with store.reading() as session:
        return places(session, HUB, session.get_one(Campaign, campaign))[study]


def take_out(store, people, sheet, study, who="qian"):
    with store.writing() as session:
        set_apart(session, sheet, session.get_one(Study, study), (session.get_one(User, people[who]), ""))


def reports(store):
    with store.reading() as session:
        return list(session.scalars(select(Report).order_by(Report.id)))


def test_only_a_reading_without_any_doubt_is_normal():
    assert is_ai_normal(NORMAL.as_json())
    assert [why for why, reading in NOT_NORMAL.items() if is_ai_normal(reading.as_json())] == []


@pytest.mark.parametrize("why", NOT_NORMAL)
def test_what_the_models_are_not_sure_of_is_read_singly(store, campaign, ecg, why):
    assert place(store, campaign, ecg(NOT_NORMAL[why])) == "single"


def test_an_ecg_that_no_model_has_read_yet_is_never_on_the_normal_page(store, people, campaign, ecg):
    unread, normal = ecg(None), ecg()
    assert studies_of(handed(store, people, campaign)) == [normal]
    assert place(store, campaign, unread) == "single"


def test_one_of_two_recordings_that_was_not_assessed_keeps_the_study_off_the_page(
    store, campaign, arrive, people
):
    arrive(study="1.9.77", sop="1.9.77.8", series="1.9.77.1", patient="E-77", name="心77", modality="ECG")
    study = add_ecg_beside(store, arrive)
    assert place(store, campaign, study) == "single"
    assert studies_of(handed(store, people, campaign)) == []


def add_ecg_beside(store, arrive):
    arrive(study="1.9.77", sop="1.9.77.9", series="1.9.77.1", patient="E-77", name="心77", modality="ECG")
    with store.writing() as session:
        study = session.scalars(select(Study).where(Study.study_instance_uid == "1.9.77")).one()
        move_study(session, study, "arrival-settled")
        one, two = session.scalars(
            select(Instance).where(Instance.study_id == study.id).order_by(Instance.id)
        )
        keep_reading(session, one, NORMAL, new_uid())
        keep_reading(session, two, NOT_ASSESSED, new_uid())
        return study.id


SPOILED = {
    "the site reads first": (Site, {"reader_first": True}),
    "each signature wants the password": (Site, {"signing_minutes": 0}),
    "a critical value was told": (Study, {"priority": "critical"}),
    "images are missing": (Study, {"note": "incomplete"}),
    "the name is a guess": (Patient, {"name_guessed": True}),
    "the file is damaged": (Instance, {"damaged": True}),
    "the reading is not in effect": (PreRead, {"in_effect": False}),
    "somebody has begun": (Study, {"state": "drafted"}),
}


@pytest.mark.parametrize("why", SPOILED)
def test_what_casts_doubt_on_a_study_keeps_it_off_the_page(store, people, campaign, ecg, why):
    study = ecg()
    table, values = SPOILED[why]
    with store.writing() as session:
        session.execute(update(table).values(**values))
    assert place(store, campaign, study) == "single"
    assert studies_of(handed(store, people, campaign)) == []


def test_a_page_has_nine_and_two_doctors_get_different_ones(store, people, campaign, ecg):
    ids = ecg(number=12)
    mine, theirs = handed(store, people, campaign), handed(store, people, campaign, "sun")
    assert (studies_of(mine), studies_of(theirs)) == (ids[:9], ids[9:])
    assert studies_of(handed(store, people, campaign)) == ids[:9]
    with store.writing() as session:
        session.execute(update(ScreeningSheet).values(handed_at=now() - timedelta(minutes=16)))
    assert studies_of(handed(store, people, campaign, "sun")) == ids[:9]


def test_what_another_doctor_reads_is_on_no_page_and_still_counted(store, people, campaign, ecg):
    one, two = ecg(number=2)
    with store.writing() as session:
        claims.take(session, HUB, one, session.get_one(User, people["sun"]))
    assert studies_of(handed(store, people, campaign)) == [two]
    assert counted(store, campaign).places["normal"] == 2


def test_confirming_signs_each_in_the_doctors_name_with_the_words_that_were_shown(
    store, people, campaign, ecg
):
    ids = ecg(number=3)
    sheet = handed(store, people, campaign)
    assert [confirm(store, people, sheet, one) for one in ids] == ["signed"] * 3
    signed = reports(store)
    assert {report.signer_name for report in signed} == {"qian"} and len(signed) == 3
    assert signed[0].impression == "1. 窦性心律。\n2. 正常心电图。"
    assert "心率 72 次/分" in signed[0].findings and "未" not in signed[0].impression
    assert list(signed[0].reasons) == ["untouched"] and "看过" in signed[0].reasons["untouched"]
    with store.reading() as session:
        acts = session.execute(
            select(AuditRow.act, AuditRow.outcome).where(AuditRow.thing == f"study:{ids[0]}")
        )
        assert {("sign", "ok"), ("override", "untouched"), ("screen", "confirmed")} <= {
            tuple(act) for act in acts
        }


def test_confirming_twice_signs_once(store, people, campaign, ecg):
    study = ecg()
    sheet = handed(store, people, campaign)
    assert [confirm(store, people, sheet, study) for _ in range(2)] == ["signed", "again"]
    assert len(reports(store)) == 1


def test_a_late_recording_or_a_newer_reading_refuses_that_one_and_no_other(
    store, people, campaign, ecg, arrive
):
    late, reread, still = ecg(number=3)
    sheet = handed(store, people, campaign)
    arrive(study="1.9.1", sop="1.9.1.10", series="1.9.1.1", patient="E-1", name="心1", modality="ECG")
    with store.writing() as session:
        row = session.scalars(select(PreRead).where(PreRead.study_id == reread)).one()
        row.reading = replace(NORMAL, milliseconds=7.0).as_json()
    for study, part in ((late, "arriving"), (reread, "pre-read")):
        with pytest.raises((Changed, NotSignable)) as refused:
            confirm(store, people, sheet, study)
        assert part in (getattr(refused.value, "key", ""), *getattr(refused.value, "differences", ()))
    assert confirm(store, people, sheet, still) == "signed"
    assert [report.study_id for report in reports(store)] == [still]


def test_what_may_be_on_no_such_page_any_more_is_not_signed_from_it(store, people, campaign, ecg):
    told, apart, closed = ecg(number=3)
    sheet = handed(store, people, campaign)
    with store.writing() as session:
        qian = session.get_one(User, people["qian"])
        give_notice(session, HUB, told, Word(qian, "停搏"))
    take_out(store, people, sheet, apart)
    for study in (told, apart):
        with pytest.raises(Changed):
            confirm(store, people, sheet, study)
    with store.writing() as session:
        close_campaign(session, HUB, campaign, session.get_one(User, people["boss"]))
    with pytest.raises(Changed):
        confirm(store, people, sheet, closed)
    assert reports(store) == []


def test_a_page_is_confirmed_whole_and_seen(store, people, campaign, ecg):
    ids = ecg(number=3)
    sheet = handed(store, people, campaign)
    with store.reading() as session:
        for wanted, seen in ((ids[:2], ids), (ids, ids[:2]), ([*ids, 99], [*ids, 99]), ([], ids)):
            with pytest.raises(Refused):
                need_whole(session, sheet, wanted, seen)
        need_whole(session, sheet, ids, ids)
    take_out(store, people, sheet, ids[0])
    with store.reading() as session:
        need_whole(session, sheet, ids[1:], ids[1:])
        with pytest.raises(Refused):
            need_whole(session, sheet, ids, ids)


def test_a_page_belongs_to_the_doctor_who_got_it(store, people, campaign, ecg):
    ecg()
    sheet = handed(store, people, campaign)
    with store.reading() as session:
        row = session.get_one(Campaign, campaign)
        assert sheet_for(session, row, sheet.id, people["qian"]).id == sheet.id
        with pytest.raises(NotYours):
            sheet_for(session, row, sheet.id, people["sun"])


def test_what_was_taken_out_waits_to_be_read_singly_in_every_campaign(store, people, campaign, ecg):
    one, two = ecg(number=2)
    other = open_campaign(store, people["boss"], name="另一次")
    sheet = handed(store, people, campaign)
    take_out(store, people, sheet, one)
    assert (place(store, campaign, one), place(store, other, one)) == ("single", "single")
    assert studies_of(handed(store, people, campaign)) == [two]
    with store.writing() as session:
        put_back(session, sheet, session.get_one(Study, one), (session.get_one(User, people["qian"]), ""))
    assert place(store, campaign, one) == "normal"


def test_where_two_doctors_are_wanted_a_confirmation_hands_over(store, people, campaign, ecg):
    east, west = ecg(), ecg(site="west")
    with store.writing() as session:
        session.execute(update(Site).where(Site.name == "east").values(one_doctor=False))
    sheet = handed(store, people, campaign)
    assert [confirm(store, people, sheet, one) for one in (east, west)] == ["handed-over", "signed"]
    assert place(store, campaign, east) == "review"
    sign_singly(store, east, people["sun"], "窦性心律。")
    assert place(store, campaign, east) == "batch"


def test_a_junior_hands_over_and_what_comes_back_is_read_singly(store, people, campaign, ecg):
    study = ecg()
    sheet = handed(store, people, campaign, "zhang")
    assert confirm(store, people, sheet, study, "zhang") == "handed-over"
    with store.reading() as session:
        assert session.scalars(select(WrittenReport)).one().reasons.keys() == {"untouched"}
    with store.writing() as session:
        return_report(session, HUB, study, session.get_one(User, people["qian"]), "请细看 V1")
    assert place(store, campaign, study) == "single"


def test_another_site_is_in_nobodys_page_or_count(store, people, campaign, ecg):
    with store.reading() as session:
        east = session.scalars(select(Site.id).where(Site.name == "east")).one()
    only = Scope(frozenset({east}))
    mine, theirs = ecg(), ecg(site="west")
    sheet = handed(store, people, campaign, scope=only)
    assert studies_of(sheet) == [mine] and counted(store, campaign, only).cohort == 1
    both = handed(store, people, campaign)
    with pytest.raises(NotYours):
        confirm_one(store, both, theirs, Signer(people["qian"], only))
    with store.writing() as session:
        boss = session.get_one(User, people["boss"])
        with pytest.raises(NotYours):
            close_campaign(session, only, campaign, boss)
        nobody = Scope(frozenset())
        assert campaigns_in(session, nobody) == []
        with pytest.raises(NotYours):
            campaign_for(session, nobody, campaign)


def test_a_campaign_is_of_ecgs_of_its_sites_and_days(store, people, ecg, arrive):
    only_east = open_campaign(store, people["boss"], sites=("east",))
    mine, _west, old = ecg(), ecg(site="west"), ecg()
    arrive(study="1.2.7", sop="1.2.7.1", series="1.2.7.2", modality="DX")
    with store.writing() as session:
        session.get_one(Study, old).received_at = now() - timedelta(days=2)
    with store.reading() as session:
        assert list(places(session, HUB, session.get_one(Campaign, only_east))) == [mine]


def test_a_name_stands_for_one_campaign_and_a_campaign_has_sites(store, people, campaign):
    with store.writing() as session:
        boss = session.get_one(User, people["boss"])
        first = session.get_one(Campaign, campaign)
        for sites, name in (((1,), first.name), ((), "新")):
            with pytest.raises(Refused):
                add_campaign(session, HUB, boss, Plan(name, now(), now(), sites, 5))
        with pytest.raises(NotYours):
            add_campaign(session, Scope(frozenset({1})), boss, Plan("新", now(), now(), (1, 2), 5))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: checked_percent("101"), lambda: checked_percent("-1"), lambda: checked_percent("x"),
        lambda: checked_days("2026-02-30", "2026-03-01"), lambda: checked_days("2026-03-02", "2026-03-01"),
        lambda: checked_statement(False, " "), lambda: checked_statement(True, "x" * 501),
    ],
)  # fmt: skip
def test_what_is_no_campaign_and_no_statement_is_refused(wrong):
    with pytest.raises(Refused):
        wrong()


@pytest.mark.parametrize("percent", [0, 1, 5, 37, 100])
def test_of_each_hundred_exactly_the_share_is_drawn_and_not_always_the_same(percent):
    dice, runs = random.Random(percent), []
    for _ in range(20):
        drawn = []
        for before in range(BLOCK):
            drawn.append(is_drawn(percent, before, sum(drawn), dice.randrange))
        runs.append(tuple(drawn))
    assert {sum(run) for run in runs} == {percent}
    assert (len(set(runs)) > 10) is (percent not in (0, 100))


@pytest.fixture
def drawn(store, people, ecg):
    """A campaign all of whose confirmed ECGs are drawn, with one confirmed by qian: (campaign, study)."""
    campaign = open_campaign(store, people["boss"], percent=100)
    study = ecg()
    confirm(store, people, handed(store, people, campaign), study)
    return campaign, study


def re_read(store, people, drawn, who, statement=""):
    campaign, study = drawn
    with store.writing() as session:
        user, row = session.get_one(User, people[who]), session.get_one(Campaign, campaign)
        return keep_re_read(session, HUB, row, user, (study, not statement, statement))


def waiting_for(store, people, campaign, who):
    with store.reading() as session:
        found = next_re_read(session, HUB, session.get_one(Campaign, campaign), people[who])
        return found and found.id


def test_a_drawn_ecg_is_read_again_by_another_doctor_never_the_same(store, people, drawn):
    campaign, study = drawn
    assert waiting_for(store, people, campaign, "qian") is None
    assert waiting_for(store, people, campaign, "sun") == study
    with pytest.raises(NotYours):
        re_read(store, people, drawn, "qian")
    re_read(store, people, drawn, "sun")
    with pytest.raises(Refused):
        re_read(store, people, drawn, "zhou")
    assert waiting_for(store, people, campaign, "sun") is None
    counts = counted(store, campaign)
    assert (counts.drawn, counts.to_read_again, counts.disagreed) == (1, 0, 0)


def test_whoever_signed_what_was_handed_over_does_not_read_it_again(store, people, ecg):
    campaign, study = open_campaign(store, people["boss"], percent=100), ecg()
    confirm(store, people, handed(store, people, campaign, "zhang"), study, "zhang")
    sign_singly(store, study, people["sun"], "窦性心律。")
    assert waiting_for(store, people, campaign, "sun") is None
    assert waiting_for(store, people, campaign, "zhang") is None
    assert waiting_for(store, people, campaign, "zhou") == study


def test_what_was_not_drawn_is_read_again_by_nobody(store, people, campaign, ecg):
    study = ecg()
    confirm(store, people, handed(store, people, campaign), study)
    assert waiting_for(store, people, campaign, "sun") is None
    with pytest.raises(NotYours):
        re_read(store, people, (campaign, study), "sun")


def test_a_disagreement_is_listed_until_an_expert_settles_it(store, people, drawn):
    campaign, study = drawn
    re_read(store, people, drawn, "sun", statement="频发房性早搏")
    with store.writing() as session:
        row = session.get_one(Campaign, campaign)
        ((screened, listed, report),) = disagreements(session, HUB, row)
        assert (listed.id, screened.statement, report.signer_name) == (study, "频发房性早搏", "qian")
        for who in ("qian", "sun"):
            with pytest.raises(Refused):
                settle(session, HUB, row, session.get_one(User, people[who]), (study, "first"))
        with pytest.raises(Refused):
            settle(session, HUB, row, session.get_one(User, people["zhou"]), (study, "both"))
        settle(session, HUB, row, session.get_one(User, people["zhou"]), (study, "second"))
        settle(session, HUB, row, session.get_one(User, people["boss"]), (study, "first"))
    with store.reading() as session:
        kept = session.scalars(select(Screened)).one()
        assert (kept.verdict, kept.settled_by.username) == ("second", "zhou")
    assert (counted(store, campaign).disagreed, counted(store, campaign).unsettled) == (1, 0)


def test_the_single_ones_follow_each_other_in_order_and_go_round(store, people, campaign, ecg):
    one, two, three = ecg(NOT_ASSESSED, 3)
    urgent = ecg(NOT_ASSESSED)
    ecg()
    with store.writing() as session:
        session.get_one(Study, urgent).priority = "urgent"
        claims.take(session, HUB, two, session.get_one(User, people["sun"]))
    with store.reading() as session:
        row = session.get_one(Campaign, campaign)
        assert [study.id for study in waiting_in(session, HUB, row, "single")] == [urgent, one, two, three]

        def after(study):
            return next_single(session, HUB, row, people["qian"], session.get_one(Study, study))

        assert [after(urgent), after(one), after(three)] == [one, three, urgent]


MOVES = {
    "confirm": lambda do, study: do.confirm(study),
    "take out": lambda do, study: do.take_out(study),
    "draft": lambda do, study: do.draft(study),
    "sign": lambda do, study: do.sign(study),
    "write": lambda do, study: do.confirm(study, "zhang"),
    "reopen": lambda do, study: do.reopen(study),
    "late image": lambda do, study: do.move(study, "instance-received"),
    "settle": lambda do, study: do.move(study, "arrival-settled"),
    "quarantine": lambda do, study: do.move(study, "identity-conflict"),
    "release": lambda do, study: do.move(study, "quarantine-released"),
    "reject": lambda do, study: do.move(study, "study-rejected"),
    "return": lambda do, study: do.give_back(study),
}  # fmt: skip


class Hands:
    """What may be done with the studies of a campaign; what is refused changes nothing."""

    def __init__(self, store, people, campaign):
        self.store, self.people, self.campaign = store, people, campaign

    def confirm(self, study, who="qian"):
        sheet = handed(self.store, self.people, self.campaign, who)
        if study in studies_of(sheet):
            confirm(self.store, self.people, sheet, study, who)

    def take_out(self, study):
        sheet = handed(self.store, self.people, self.campaign)
        if study in studies_of(sheet):
            take_out(self.store, self.people, sheet, study)

    def draft(self, study):
        with self.store.writing() as session:
            user = session.get_one(User, self.people["qian"])
            save_draft(session, HUB, study, user, Saving(ReportText("", "窦性心律"), 0))

    def sign(self, study):
        sign_singly(self.store, study, self.people["qian"], "心房颤动。")

    def reopen(self, study):
        with self.store.writing() as session:
            open_addendum(session, HUB, study, session.get_one(User, self.people["qian"]))

    def give_back(self, study):
        with self.store.writing() as session:
            return_report(session, HUB, study, session.get_one(User, self.people["sun"]), "请再看")

    def move(self, study, event):
        with self.store.writing() as session:
            move_study(session, session.get_one(Study, study), event)


def test_each_move_leads_to_the_place_that_is_named_for_it(store, people, campaign, ecg):
    hands = Hands(store, people, campaign)
    led = {
        "confirm": "batch", "take out": "single", "draft": "single", "sign": "alone", "write": "review",
        "late image": "arriving", "quarantine": "quarantined", "reject": "rejected",
    }  # fmt: skip
    for move, where in led.items():
        study = ecg()
        MOVES[move](hands, study)
        assert place(store, campaign, study) == where
    ecg()
    counts = counted(store, campaign)
    assert (counts.cohort, set(counts.places.values())) == (9, {1, 2})
    assert sum(counts.places.values()) == 9


def test_the_places_add_up_to_the_cohort_after_every_move(store, people, campaign, ecg):
    ids = [*ecg(number=6), ecg(NOT_ASSESSED), ecg(NOT_NORMAL["af"]), ecg(None)]
    hands, chance, moved = Hands(store, people, campaign), random.Random(7), 0
    rare = [1 if name in ("reject", "quarantine") else 8 for name in MOVES]
    for _ in range(120):
        study, move = chance.choice(ids), chance.choices(list(MOVES), rare)[0]
        before = counted(store, campaign).places
        with suppress(HubError, ForbiddenMove):
            MOVES[move](hands, study)
        counts = counted(store, campaign)
        moved += counts.places != before
        assert counts.cohort == len(ids) == sum(counts.places.values())
    assert moved > 10
