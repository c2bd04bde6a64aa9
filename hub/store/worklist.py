"""The worklist: studies of the reader's sites in the order in which they wait, with what the models say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select, true
from sqlalchemy.orm import Session

from hub.domain.finding import Finding, Reading, reading_from
from hub.domain.matching import folded_groups
from hub.domain.scope import Scope
from hub.domain.study import LISTED, READABLE
from hub.domain.suggestion import abnormal, told
from hub.store.cases import PRIORITY_RANK, within
from hub.store.first_impressions import are_hidden
from hub.store.tables import Claim, Errand, Instance, Patient, PreRead, Rejection, Site, Study

#: Rows on one page; beyond that the filters are the way.
MOST_ROWS = 500
#: What is still to be read, and what is done.
OPEN, DONE = ("arriving", *READABLE), ("signed", "delivered")
#: What is read no more, newest first; what was rejected is listed only where it is asked for.
CLOSED = (*DONE, "rejected")
#: Filter values that stand for several states.
GROUPS = {"open": OPEN, "done": DONE}
FILTERS = (*GROUPS, *LISTED, "rejected")


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
    """What is said of a study: critical (by a rule), positive, negative, none, pending or absent.

    "none" means that nothing was assessed.
    """

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
    #: Of a study that was rejected whole: who did it, when and why.
    rejection: Rejection | None = None


def listed(session: Session, scope: Scope, wanted: Wanted, ids: Sequence[int] | None = None) -> list[Row]:
    """Return the open studies by priority and waiting time, then those done or rejected, newest first.

    `ids` asks for those studies only, in no order.
    """
    asked = select(Study).join(Patient).join(Site).where(_condition(scope, wanted))
    if ids is not None:
        asked = asked.where(Study.id.in_(ids))
        return _rows(session, session.scalars(asked.limit(MOST_ROWS)).all())
    waiting = asked.where(Study.state.in_(OPEN)).order_by(PRIORITY_RANK, Study.received_at, Study.id)
    studies = list(session.scalars(waiting.limit(MOST_ROWS)))
    done = asked.where(Study.state.in_(CLOSED)).order_by(Study.received_at.desc(), Study.id.desc())
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
    states = GROUPS.get(wanted.state) or ((wanted.state,) if wanted.state in FILTERS else LISTED)
    condition = within(scope, Study.site_id) & Study.state.in_(states)
    for column, value in (
        (Site.name, wanted.site), (Study.modality, wanted.modality), (Study.priority, wanted.priority)
    ):  # fmt: skip
        condition &= (column == value) if value else true()
    return condition & _mentions(wanted.text)


def is_about(text: str) -> ColumnElement[bool]:
    """Match patients whose number holds `text`, or whose name does, in any group that the sender wrote."""
    pattern = like_literally(text)
    groups = [like_literally(group) for group in folded_groups(text) if group]
    sent = and_(*(Patient.name_sought.like(group, escape="\\") for group in groups))
    shown = Patient.name.ilike(pattern, escape="\\") | Patient.patient_id.ilike(pattern, escape="\\")
    return shown | sent if groups else shown


def _mentions(text: str) -> ColumnElement[bool]:
    if not text:
        return true()
    pattern = like_literally(text)
    columns = (Study.accession, Study.description, Study.body_part)
    return or_(is_about(text), *(column.ilike(pattern, escape="\\") for column in columns))


def _rows(session: Session, studies: Sequence[Study]) -> list[Row]:
    ids = [study.id for study in studies]
    hints = hints_of(session, ids) | hidden_hints(session, studies)
    held = session.scalars(select(Claim).where(Claim.study_id.in_(ids)))
    claims = {claim.study_id: claim for claim in held}
    rejected = _rejections(session, [study.id for study in studies if study.state == "rejected"])
    return [
        Row(study, hints.get(study.id, Hint("absent")), claims.get(study.id), rejected.get(study.id))
        for study in studies
    ]


def _rejections(session: Session, ids: Sequence[int]) -> dict[int, Rejection]:
    """Return the last rejection of each study that nobody took back."""
    found = session.scalars(select(Rejection).where(Rejection.study_id.in_(ids)).order_by(Rejection.id))
    return {rejection.study_id: rejection for rejection in found if rejection.withdrawal is None}


def hints_of(session: Session, ids: Sequence[int]) -> dict[int, Hint]:
    """Return what the models say of each study; one that is positive anywhere shows its strongest finding.

    What they said of an image that was rejected counts no more.
    """
    hints = {study_id: Hint("pending") for study_id in _being_read(session, ids)}
    told = PreRead.positive | (PreRead.alerts > 0)
    rows = session.execute(
        select(PreRead.study_id, PreRead.assessed, PreRead.reason, case((told, PreRead.reading)))
        .join(Instance, Instance.id == PreRead.instance_id)
        .where(PreRead.study_id.in_(ids), PreRead.in_effect, ~Instance.rejected)
        .order_by(PreRead.id)
    )
    of_study: dict[int, list[Hint]] = {}
    for study_id, assessed, reason, reading in rows:
        of_study.setdefault(study_id, []).append(_hint(assessed, reason, reading))
    return hints | {study_id: max(found, key=_weight) for study_id, found in of_study.items()}


def _hint(assessed: bool, reason: str, reading: dict[str, Any] | None) -> Hint:
    """Return what one reading says; its alerts outweigh what models found, also where none assessed it."""
    alerts = reading_from(reading).alerts if reading else ()
    if alerts:
        return Hint("critical", alerts[0].text_zh, alerts[0].text_en)
    if not assessed:
        return Hint("none", reason=reason)
    return _strongest(reading) if reading else Hint("negative")


def _standing(reading: Reading) -> tuple[Finding, ...]:
    """Return the findings that stand once contradictions were resolved."""
    codes = {one.code for one in reading.statements}
    return tuple(one for one in reading.findings if one.code in codes) if codes else reading.findings


def hidden_hints(session: Session, studies: Sequence[Study]) -> dict[int, Hint]:
    """Return the hint of those studies whose readings are kept from their readers for now."""
    return {
        study.id: Hint("hidden")
        for study in studies
        if study.site.reader_first and are_hidden(session, study)
    }


#: Of several readings of a study the one that is told; of those that no model assessed, the first reason.
WEIGHTS = {"none": 0, "negative": 1, "positive": 2, "critical": 3}


def _weight(hint: Hint) -> tuple[int, float]:
    return WEIGHTS[hint.kind], hint.probability


def _being_read(session: Session, ids: Sequence[int]) -> Sequence[int]:
    return session.scalars(
        select(Instance.study_id)
        .join(Errand, (Errand.subject_id == Instance.id) & (Errand.kind == "pre-read"))
        .where(
            Instance.study_id.in_(ids),
            ~Instance.rejected,
            Errand.state.in_(("waiting", "sent", "running")),
        )
        .distinct()
    ).all()


def _strongest(reading: dict[str, Any]) -> Hint:
    """Name the most probable finding; a model that only calls an ECG normal has found nothing."""
    findings = _standing(reading_from(reading))
    wrong = abnormal(findings)
    said = [(finding, "positive") for finding in wrong] or [(f, "negative") for f in told(findings)]
    if not said:
        return Hint("negative")
    top, kind = max(said, key=lambda one: one[0].probability)
    return Hint(kind, top.label_zh, top.label_en, top.probability)
