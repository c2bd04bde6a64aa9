"""One case as somebody may see it: the study with its series, readings, priors, reports and draft."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from hub.domain.scope import Scope
from hub.domain.study import LISTED, READABLE
from hub.errors import NotYours
from hub.store.tables import Claim, Draft, Instance, PreRead, Report, Series, Study

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
    """An earlier or later study of the same patient, with the last impression signed on it."""

    study: Study
    impression: str


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


def within(scope: Scope, site_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Return the condition that a row's site is in `scope`; every query of a page carries it."""
    return true() if scope.everywhere else site_id.in_(scope.sites)


def case_for(session: Session, scope: Scope, study_id: int) -> Study:
    """Return a study of a site in `scope`. Raises NotYours when there is none."""
    return _one(session, scope, study_id, lock=False)


def locked_case(session: Session, scope: Scope, study_id: int) -> Study:
    """Return the study as `case_for`, and keep every other writer off it until the commit."""
    return _one(session, scope, study_id, lock=True)


def whole_case(session: Session, study: Study) -> Case:
    """Load what belongs to `study`."""
    return Case(
        study=study,
        series=series_of(session, study.id),
        pre_reads=pre_reads_of(session, study.id),
        priors=_priors(session, study),
        draft=draft_of(session, study.id),
        claim=claim_of(session, study.id),
        reports=reports_of(session, study.id),
    )


def series_of(session: Session, study_id: int) -> tuple[SeriesPart, ...]:
    """Return the study's series by number, each with its instances by number."""
    found = session.scalars(
        select(Series).where(Series.study_id == study_id).order_by(Series.number, Series.id)
    ).all()
    instances = session.scalars(
        select(Instance).where(Instance.study_id == study_id).order_by(Instance.number, Instance.id)
    ).all()
    return tuple(
        SeriesPart(series, tuple(i for i in instances if i.series_id == series.id)) for series in found
    )


def pre_reads_of(session: Session, study_id: int) -> tuple[tuple[str, PreRead], ...]:
    """Return the readings in effect with the SOPInstanceUID each is about."""
    rows = session.execute(
        select(Instance.sop_instance_uid, PreRead)
        .join(Instance, Instance.id == PreRead.instance_id)
        .where(PreRead.study_id == study_id, PreRead.in_effect)
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


def next_case(session: Session, scope: Scope, user_id: int, after: Study) -> int | None:
    """Return the study that `user_id` reads next: by priority, then by waiting, held by nobody else."""
    return session.scalar(
        select(Study.id)
        .outerjoin(Claim, Claim.study_id == Study.id)
        .where(
            within(scope, Study.site_id), Study.id != after.id, Study.state.in_(READABLE),
            Claim.id.is_(None) | (Claim.user_id == user_id),
        )
        .order_by(PRIORITY_RANK, Study.received_at, Study.id)
        .limit(1)
    )  # fmt: skip


def studies_with_uid(session: Session, scope: Scope, study_instance_uid: str) -> Sequence[Study]:
    """Return the studies under a UID in `scope`, without those set apart; two sites may share one."""
    return session.scalars(
        select(Study).where(
            Study.study_instance_uid == study_instance_uid,
            within(scope, Study.site_id),
            Study.state.in_(LISTED),
        )
    ).all()


def _one(session: Session, scope: Scope, study_id: int, lock: bool) -> Study:
    asked = select(Study).where(Study.id == study_id, within(scope, Study.site_id))
    if lock:
        asked = asked.with_for_update(of=Study).execution_options(populate_existing=True)
    study = session.scalar(asked)
    if study is None:
        raise NotYours(f"study:{study_id}")
    return study


def _priors(session: Session, study: Study) -> tuple[Prior, ...]:
    others = session.scalars(
        select(Study)
        .where(
            Study.patient_row == study.patient_row, Study.id != study.id, Study.site_id == study.site_id,
            Study.state.in_(LISTED),
        )
        .order_by(Study.study_date.desc(), Study.received_at.desc())
        .limit(MOST_PRIORS)
    ).all()  # fmt: skip
    impressions: dict[int, str] = {
        report.study_id: report.impression
        for report in session.scalars(
            select(Report).where(Report.study_id.in_([o.id for o in others])).order_by(Report.version)
        )
    }
    return tuple(Prior(other, impressions.get(other.id, "")) for other in others)
