"""Campaigns with ECGs of which invented readings say that they are normal, or not."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from hub.domain.finding import Alert, Finding, Measurement, Reading, Remark, Statement
from hub.domain.report import ReportText
from hub.domain.scope import HUB
from hub.domain.uid import new_uid
from hub.store import now
from hub.store.campaigns import Plan, add_campaign
from hub.store.moves import move_study
from hub.store.pre_reads import keep_reading
from hub.store.signing import Wish, shown_of, sign, token_of
from hub.store.signing_case import Beside
from hub.store.tables import Instance, Site, Study, User

MEASURED = {
    "heart_rate": (72.0, "bpm"), "pr": (150.0, "ms"), "qrs": (88.0, "ms"), "qt": (380.0, "ms"),
    "qtc_bazett": (416.0, "ms"), "qtc_fridericia": (404.0, "ms"), "axis_qrs": (52.0, "degrees"),
}  # fmt: skip


def finding(code, zh, en, positive=True):
    return Finding(code, zh, en, 0.95 if positive else 0.02, 0.5, positive)


NORMAL = Reading(
    "ecg-ptbxl", "0.2.0", "0" * 64, True,
    findings=(
        finding("super_NORM", "正常", "Normal"), finding("sub_NORM", "正常心电图", "Normal ECG"),
        finding("rhythm_SR", "窦性心律", "Sinus rhythm"),
        finding("rhythm_AFIB", "心房颤动", "Atrial fibrillation", False),
    ),
    measurements=tuple(Measurement(name, *said, "invented") for name, said in MEASURED.items()),
    statements=(
        Statement("sub_NORM", "overall", "正常心电图", "Normal ECG", 0.95),
        Statement("rhythm_SR", "rhythm", "窦性心律", "Sinus rhythm", 0.95),
    ),
    unchecked=(("third-degree-block", "not-measured-here"),),
)  # fmt: skip
AF = replace(
    NORMAL,
    findings=(finding("rhythm_AFIB", "心房颤动", "Atrial fibrillation"),),
    statements=(Statement("rhythm_AFIB", "rhythm", "心房颤动", "Atrial fibrillation", 0.95),),
)
NOT_ASSESSED = Reading("ecg-ptbxl", "0.2.0", "0" * 64, False, "too-short")
ALERTED = replace(NORMAL, alerts=(Alert("pause", "停搏", "pause", "p", 3.2, 3.0, "s"),))
NOISY = replace(NORMAL, remarks=(Remark("noise", "干扰", "noise"),))
UNCHECKED = replace(NORMAL, unchecked=(("st-elevation", "no-onset"),))
NO_RATE = replace(
    NORMAL,
    measurements=tuple(replace(one, value=None) if one.name == "pr" else one for one in NORMAL.measurements),
)
#: What keeps a reading off a page of normal ones.
NOT_NORMAL = {
    "af": AF, "not assessed": NOT_ASSESSED, "alert": ALERTED, "noise": NOISY, "a rule left out": UNCHECKED,
    "no PR": NO_RATE, "sinus rhythm alone": replace(NORMAL, statements=NORMAL.statements[1:]),
    "something beside": replace(NORMAL, findings=(*NORMAL.findings, finding("form_PVC", "室早", "PVC"))),
}  # fmt: skip


def add_ecg(store, arrive, number, reading=NORMAL, **said):
    """Let an ECG arrive, be read and settle; return its study's id."""
    uid = f"1.9.{number}"
    said = {"sop": f"{uid}.9", "series": f"{uid}.1", "patient": f"E-{number}", "name": f"心{number}"} | said
    arrive(study=uid, modality="ECG", **said)
    with store.writing() as session:
        study = session.scalars(select(Study).where(Study.study_instance_uid == uid)).one()
        move_study(session, study, "arrival-settled")
        if reading is not None:
            instance = session.scalars(select(Instance).where(Instance.study_id == study.id)).one()
            keep_reading(session, instance, reading, new_uid())
        return study.id


def open_campaign(store, user_id, sites=("east", "west"), percent=0, name="2026 秋季筛查"):
    """Open a campaign of today's ECGs; return its id."""
    with store.writing() as session:
        rows = session.scalars(select(Site.id).where(Site.name.in_(sites)))
        plan = Plan(name, now() - timedelta(days=1), now() + timedelta(days=1), tuple(rows), percent)
        return add_campaign(session, HUB, session.get_one(User, user_id), plan).id


def sign_singly(store, study_id, user_id, impression, addendum=""):
    """Sign a report on the ordinary reading page's way."""
    with store.reading() as session:
        token = token_of(shown_of(session, session.get_one(Study, study_id)))
    text = ReportText("见波形。", impression, "", addendum)
    keys = ("normal", "heart-rate", "critical", "other-patient", "empty", "units")
    beside = Beside(dict.fromkeys(keys, "已核对"))
    return sign(store, Wish(user_id, HUB, study_id, token, text, beside=beside))


@pytest.fixture
def ecg(store, arrive):
    """Let ECGs arrive; return their studies' ids."""
    counted = iter(range(1, 1000))

    def made(reading=NORMAL, number=1, **said):
        ids = [add_ecg(store, arrive, next(counted), reading, **said) for _ in range(number)]
        return ids if number > 1 else ids[0]

    return made
