"""One case as somebody may see it: the study with its series, readings, priors, reports and draft."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import ColumnElement, case, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from hub.domain.people import REPORTS_ON
from hub.domain.scope import Scope
from hub.domain.study import LISTED, READABLE
from hub.domain.templates import Template
from hub.errors import NotYours
from hub.store.edited_values import edits_of
from hub.store.tables import (
    Claim,
    Draft,
    EcgEdit,
    Instance,
    PreRead,
    Report,
    Series,
    Study,
    WrittenReport,
)
from hub.store.templates import templates_for
from hub.store.visible import same_person, visible

#: Priors shown beside a study, newest first.
MOST_PRIORS = 20
#: States of studies that are set apart; only who tends the quarantine sees them.
APART = ("quarantined", "rejected")

#: What sorts a worklist: 0 is read first.
PRIORITY_RANK = case({"critical": 0, "urgent": 1}, value=Study.priority, else_=2)


@dataclass(frozen=True)
class SeriesPart:
    """A series and its instances in order."""

    series: Series
    instances: tuple[Instance, ...]


@dataclass(frozen=True)
class Prior:
    """An earlier or later study of the same patient, with what was last signed on it."""

    study: Study
    impression: str
    findings: str = ""


@dataclass(frozen=True)
class Case:
    """Everything a reading page shows; readings come as (SOPInstanceUID, row)."""

    study: Study
    series: tuple[SeriesPart, ...]
    pre_reads: tuple[tuple[str, PreRead], ...]
    priors: tuple[Prior, ...]
    draft: Draft | None
    claim: Claim | None
    reports: tuple[Report, ...]
    templates: tuple[Template, ...]
    ecg_edits: tuple[EcgEdit, ...] = ()


def within(scope: Scope, site_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Return the condition that a row's site is in `scope`; every query of a page carries it."""
    return true() if scope.everywhere else site_id.in_(scope.sites)


def case_for(session: Session, scope: Scope, study_id: int) -> Study:
    """Return a study that may be seen in `scope`, a shared one too. Raises NotYours when there is none."""
    study = session.scalar(select(Study).where(Study.id == study_id, visible(scope)))
    if study is None:
        raise NotYours(f"study:{study_id}")
    return study


def locked_case(session: Session, scope: Scope, study_id: int) -> Study:
    """Return a study of a site in `scope`, and keep every other writer off it until the commit.

    One that is only shared with the site is not changed from there. Raises NotYours.
    """
    asked = select(Study).where(Study.id == study_id, within(scope, Study.site_id))
    study = session.scalar(asked.with_for_update(of=Study).execution_options(populate_existing=True))
    if study is None:
        raise NotYours(f"study:{study_id}")
    return study


def whole_case(session: Session, scope: Scope, study: Study) -> Case:
    """Load what belongs to `study`, its priors as far as `scope` may see them."""
    return Case(
        study=study,
        series=series_of(session, study.id),
        pre_reads=pre_reads_of(session, study.id),
        priors=_priors(session, scope, study),
        draft=draft_of(session, study.id) if scope.covers(study.site_id) else None,
        claim=claim_of(session, study.id),
        reports=reports_of(session, study.id),
        templates=templates_for(session, study),
        ecg_edits=edits_of(session, study.id),
    )


def series_of(session: Session, study_id: int) -> tuple[SeriesPart, ...]:
    """Return the study's series by number, each with its instances by number, without rejected ones."""
    found = session.scalars(
        select(Series).where(Series.study_id == study_id).order_by(Series.number, Series.id)
    ).all()
    instances = session.scalars(
        select(Instance)
        .where(Instance.study_id == study_id, ~Instance.rejected)
        .order_by(Instance.number, Instance.id)
    ).all()
    return tuple(
        SeriesPart(series, tuple(i for i in instances if i.series_id == series.id)) for series in found
    )


def pre_reads_of(session: Session, study_id: int) -> tuple[tuple[str, PreRead], ...]:
    """Return the readings in effect with the SOPInstanceUID each is about."""
    rows = session.execute(
        select(Instance.sop_instance_uid, PreRead)
        .join(Instance, Instance.id == PreRead.instance_id)
        .where(PreRead.study_id == study_id, PreRead.in_effect, ~Instance.rejected)
        .order_by(PreRead.id)
    )
    return tuple((uid, row) for uid, row in rows)


def draft_of(session: Session, study_id: int) -> Draft | None:
    """Return the study's draft."""
    return session.scalar(select(Draft).where(Draft.study_id == study_id))


def claim_of(session: Session, study_id: int) -> Claim | None:
    """Return who is reading the study."""
    return session.scalar(select(Claim).where(Claim.study_id == study_id))


def reports_of(session: Session, study_id: int) -> tuple[Report, ...]:
    """Return the signed versions, oldest first."""
    return tuple(session.scalars(select(Report).where(Report.study_id == study_id).order_by(Report.version)))


class Reader(Protocol):
    """Who reads: what a next case is chosen by."""

    @property
    def id(self) -> int:
        """The account's number."""

    @property
    def role(self) -> str:
        """What the account may report on."""

    @property
    def signs(self) -> bool:
        """Whether the account may sign: who may not has nothing to do with what waits for review."""


def next_case(session: Session, scope: Scope, who: Reader, after: Study) -> int | None:
    """Return the study that `who` reads next: by priority, then by waiting, held by nobody else."""
    kinds = REPORTS_ON.get(who.role, frozenset())
    return session.scalar(
        select(Study.id)
        .outerjoin(Claim, Claim.study_id == Study.id)
        .where(
            within(scope, Study.site_id), Study.id != after.id, Study.state.in_(READABLE),
            Claim.id.is_(None) | (Claim.user_id == who.id), _is_theirs_to_do(who),
            true() if kinds is None else Study.modality.in_(kinds),
        )
        .order_by(PRIORITY_RANK, Study.received_at, Study.id)
        .limit(1)
    )  # fmt: skip


def _is_theirs_to_do(who: Reader) -> ColumnElement[bool]:
    """What waits for review is for those who sign, and not for who wrote it."""
    theirs = WrittenReport.outcome == "waiting"
    if who.signs:
        theirs &= WrittenReport.writer_id == who.id
    return ~select(WrittenReport.id).where(WrittenReport.study_id == Study.id, theirs).exists()


def studies_with_uid(session: Session, scope: Scope, study_instance_uid: str) -> Sequence[Study]:
    """Return the studies under a UID that may be seen, without those set apart; two sites may share one."""
    return session.scalars(
        select(Study).where(
            Study.study_instance_uid == study_instance_uid,
            visible(scope),
            Study.state.in_(LISTED),
        )
    ).all()


def _priors(session: Session, scope: Scope, study: Study) -> tuple[Prior, ...]:
    """Studies of the same patient, those included that another site shares, as far as they may be seen."""
    others = session.scalars(
        select(Study)
        .where(
            same_person(study.patient_row), Study.id != study.id, visible(scope), Study.state.in_(LISTED),
        )
        .order_by(Study.study_date.desc(), Study.received_at.desc())
        .limit(MOST_PRIORS)
    ).all()  # fmt: skip
    last = {
        report.study_id: (report.impression, report.findings)
        for report in session.scalars(
            select(Report).where(Report.study_id.in_([o.id for o in others])).order_by(Report.version)
        )
    }
    return tuple(Prior(other, *last.get(other.id, ("", ""))) for other in others)
