"""The worklist: studies of the reader's sites in the order in which they wait, with what the models say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, cast, func, or_, select, true
from sqlalchemy.orm import Session

from hub.domain.finding import reading_from
from hub.domain.scope import Scope
from hub.domain.study import LISTED, READABLE
from hub.domain.suggestion import abnormal, told
from hub.store.cases import PRIORITY_RANK, within
from hub.store.tables import Claim, Errand, Instance, Patient, PreRead, Site, Study

#: Rows on one page; beyond that the filters are the way.
MOST_ROWS = 500
#: What is still to be read, and what is done.
OPEN, DONE = ("arriving", *READABLE), ("signed", "delivered")
#: Filter values that stand for several states.
GROUPS = {"open": OPEN, "done": DONE}


@dataclass(frozen=True)
class Wanted:
    """The filters of the page's address; what is empty or unknown filters nothing."""

    state: str = ""
    site: str = ""
    modality: str = ""
    priority: str = ""
    text: str = ""


@dataclass(frozen=True)
class Hint:
    """What the models say of a study: positive, negative, none (not assessed), pending, or absent."""

    kind: str
    label_zh: str = ""
    label_en: str = ""
    probability: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    study: Study
    hint: Hint
    claim: Claim | None


def listed(session: Session, scope: Scope, wanted: Wanted, ids: Sequence[int] | None = None) -> list[Row]:
    """Return the open studies by priority and waiting time, then those done, newest first.

    `ids` narrows the list to those studies.
    """
    asked = select(Study).join(Patient).join(Site).where(_condition(scope, wanted))
    if ids is not None:
        asked = asked.where(Study.id.in_(ids))
    waiting = asked.where(Study.state.in_(OPEN)).order_by(PRIORITY_RANK, Study.received_at, Study.id)
    studies = list(session.scalars(waiting.limit(MOST_ROWS)))
    done = asked.where(Study.state.in_(DONE)).order_by(Study.received_at.desc(), Study.id.desc())
    studies += session.scalars(done.limit(MOST_ROWS - len(studies)))
    return _rows(session, studies)


def sites_in(session: Session, scope: Scope) -> Sequence[Site]:
    """Return the sites that may be filtered by."""
    return session.scalars(select(Site).where(within(scope, Site.id)).order_by(Site.label)).all()


def modalities_in(session: Session, scope: Scope) -> Sequence[str]:
    """Return the modalities that occur."""
    asked = select(Study.modality).where(within(scope, Study.site_id), Study.modality != "")
    return session.scalars(asked.distinct().order_by(Study.modality)).all()


def like_literally(text: str) -> str:
    """Return a LIKE pattern that finds `text` anywhere; its own wildcards stand for themselves."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _condition(scope: Scope, wanted: Wanted) -> ColumnElement[bool]:
    states = GROUPS.get(wanted.state) or ((wanted.state,) if wanted.state in LISTED else LISTED)
    condition = within(scope, Study.site_id) & Study.state.in_(states)
    for column, value in (
        (Site.name, wanted.site), (Study.modality, wanted.modality), (Study.priority, wanted.priority)
    ):  # fmt: skip
        condition &= (column == value) if value else true()
    return condition & _mentions(wanted.text)


def _mentions(text: str) -> ColumnElement[bool]:
    if not text:
        return true()
    pattern = like_literally(text)
    columns = (Patient.name, Patient.patient_id, Study.accession, Study.description, Study.body_part)
    return or_(*(column.ilike(pattern, escape="\\") for column in columns))


def _rows(session: Session, studies: Sequence[Study]) -> list[Row]:
    ids = [study.id for study in studies]
    hints = hints_of(session, ids)
    held = session.scalars(select(Claim).where(Claim.study_id.in_(ids)))
    claims = {claim.study_id: claim for claim in held}
    return [Row(study, hints.get(study.id, Hint("absent")), claims.get(study.id)) for study in studies]


def hints_of(session: Session, ids: Sequence[int]) -> dict[int, Hint]:
    """Return what the models say of each study; one that is positive anywhere shows its strongest finding."""
    hints = {study_id: Hint("pending") for study_id in _being_read(session, ids)}
    summed = session.execute(
        select(PreRead.study_id, func.sum(cast(PreRead.assessed, Integer)), func.min(PreRead.reason))
        .where(PreRead.study_id.in_(ids), PreRead.in_effect)
        .group_by(PreRead.study_id)
    )
    for study_id, assessed, reason in summed:
        hints[study_id] = Hint("negative") if assessed else Hint("none", reason=reason)
    positive = select(PreRead.study_id, PreRead.reading).where(
        PreRead.study_id.in_(ids), PreRead.in_effect, PreRead.positive
    )
    for study_id, reading in session.execute(positive):
        hints[study_id] = max(hints[study_id], _strongest(reading), key=_weight)
    return hints


def _weight(hint: Hint) -> tuple[bool, float]:
    return hint.kind == "positive", hint.probability


def _being_read(session: Session, ids: Sequence[int]) -> Sequence[int]:
    return session.scalars(
        select(Instance.study_id)
        .join(Errand, (Errand.subject_id == Instance.id) & (Errand.kind == "pre-read"))
        .where(Instance.study_id.in_(ids), Errand.state.in_(("waiting", "sent", "running")))
        .distinct()
    ).all()


def _strongest(reading: dict[str, Any]) -> Hint:
    """Name the most probable finding; a model that only calls an ECG normal has found nothing."""
    findings = reading_from(reading).findings
    wrong = abnormal(findings)
    said = [(finding, "positive") for finding in wrong] or [(f, "negative") for f in told(findings)]
    if not said:
        return Hint("negative")
    top, kind = max(said, key=lambda one: one[0].probability)
    return Hint(kind, top.label_zh, top.label_en, top.probability)
