"""Atrial fibrillation that a campaign found: in the doctors' words, as surely as they say it."""

import pytest
from sqlalchemy import select

from hub.domain.atrial_fibrillation import said_of, said_of_versions
from hub.domain.report import ReportText
from hub.domain.scope import HUB, Scope
from hub.store import users
from hub.store.af_found import af_found
from hub.store.re_reads import keep_re_read, settle
from hub.store.sheets import Signer, choose_cards, confirm_one, hand_out
from hub.store.signing import open_addendum
from hub.store.tables import Campaign, User
from tests.plugins.screening import AF, NORMAL, add_ecg, open_campaign, sign_singly

BOTH = {"fibrillation": "confirmed", "flutter": "confirmed"}
SAID = {
    "心房颤动，心室率 88 次/分。": {"fibrillation": "confirmed"},
    "非瓣膜性房颤": {"fibrillation": "confirmed"},
    "无症状性房颤，未见急性缺血": {"fibrillation": "confirmed"},
    "心房扑动（2:1 下传）": {"flutter": "confirmed"},
    "心房扑动-颤动": BOTH,
    "Atrial fibrillation with rapid response. No flutter waves.": {"fibrillation": "confirmed"},
    "房颤可能，建议复查": {"fibrillation": "unclear"},
    "不除外房颤": {"fibrillation": "unclear"},
    "房颤消融术后，窦性心律": {"fibrillation": "unclear"},
    "既往房颤病史，现窦性心律": {"fibrillation": "unclear"},
    "房颤已转复为窦性心律": {"fibrillation": "unclear"},
    "心房颤动。复阅未见心房颤动": {"fibrillation": "unclear"},
    "未见心房颤动、心房扑动": {},
    "更正：并非房颤，为房性早搏": {},
    "房颤已排除": {},
    "No atrial fibrillation.": {},
    "窦性心律，正常范围心电图。": {},
    "": {},
}


@pytest.mark.parametrize("text", SAID)
def test_what_is_denied_is_not_found_and_what_is_doubtful_is_called_so(text):
    assert said_of(text) == SAID[text]


def test_the_newest_words_on_it_count():
    first = ReportText("P 波消失。", "心房颤动。")
    taken_back = ReportText("P 波消失。", "心房颤动。", addendum="更正：复阅非房颤，为房早。")
    about_else = ReportText("P 波消失。", "心房颤动。", addendum="补充：建议复查。")
    assert said_of_versions([first]) == said_of_versions([first, about_else]) == {"fibrillation": "confirmed"}
    assert said_of_versions([first, taken_back]) == said_of_versions([first, taken_back, about_else]) == {}
    assert said_of_versions([ReportText("见 f 波，心房颤动。", "窦性心律，未见房颤。")]) == {}


@pytest.fixture
def people(store):
    with store.writing() as session:
        for name, role in {"boss": "admin", "qian": "ecg", "sun": "ecg", "zhou": "expert"}.items():
            users.add_user(session, name, role, "a long enough password", display_name=name, title="senior")
    with store.reading() as session:
        return {user.username: user.id for user in session.scalars(select(User))}


@pytest.fixture
def campaign(store, people):
    return open_campaign(store, people["boss"], percent=100)


def found(store, campaign, scope=HUB):
    with store.reading() as session:
        return af_found(session, scope, session.get_one(Campaign, campaign))


def test_what_only_the_network_says_is_not_found(store, people, campaign, arrive):
    waiting, signed = add_ecg(store, arrive, 1, AF), add_ecg(store, arrive, 2, AF)
    assert found(store, campaign) == []
    sign_singly(store, signed, people["qian"], "窦性心律，频发房性早搏。")
    assert found(store, campaign) == []
    sign_singly(store, waiting, people["qian"], "心房颤动。")
    (one,) = found(store, campaign)
    assert (one.study.id, one.kinds, one.certainty, one.rate) == (waiting, {"fibrillation": "confirmed"},
                                                                 "confirmed", 72.0)  # fmt: skip
    assert one.report.signer_name == "qian" and one.words == "心房颤动。"


def test_an_addendum_takes_it_back(store, people, campaign, arrive):
    study = add_ecg(store, arrive, 1, AF)
    sign_singly(store, study, people["qian"], "心房颤动。")
    with store.writing() as session:
        open_addendum(session, HUB, study, session.get_one(User, people["qian"]))
    sign_singly(store, study, people["qian"], "心房颤动。", "更正：非房颤，为房性早搏。")
    assert found(store, campaign) == []


def test_what_a_second_doctor_found_is_listed_as_unclear_until_it_is_settled(store, people, campaign, arrive):
    study = add_ecg(store, arrive, 1, NORMAL)
    with store.writing() as session:
        row = session.get_one(Campaign, campaign)
        cards = choose_cards(session, HUB, row, people["qian"])
        sheet = hand_out(session, row, session.get_one(User, people["qian"]), cards)
    confirm_one(store, sheet, study, Signer(people["qian"], HUB))
    assert found(store, campaign) == []
    with store.writing() as session:
        said = (study, False, "第 7 秒起心房颤动")
        keep_re_read(
            session, HUB, session.get_one(Campaign, campaign), session.get_one(User, people["sun"]), said
        )
    (one,) = found(store, campaign)
    assert (one.certainty, one.words, one.re_read.re_reader.username) == ("unclear", said[2], "sun")
    assert one.doctor == "sun"
    with store.writing() as session:
        settle(session, HUB, session.get_one(Campaign, campaign), session.get_one(User, people["zhou"]),
               (study, "first"))  # fmt: skip
    assert found(store, campaign) == []


def test_another_sites_patient_is_not_on_the_list(store, people, campaign, arrive):
    study = add_ecg(store, arrive, 1, AF, site="west")
    sign_singly(store, study, people["qian"], "心房颤动。")
    assert len(found(store, campaign)) == 1
    assert found(store, campaign, Scope(frozenset({1}))) == []
