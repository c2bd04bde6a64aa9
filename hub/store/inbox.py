"""The township's inbox and the county's ledger: which report went where, and who opened it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import Session

from hub.domain.delivery import DELIVERY_STATES
from hub.domain.scope import Scope
from hub.domain.study import LISTED
from hub.errors import NotYours
from hub.store.cases import within
from hub.store.deliveries import Attempt, record_attempt
from hub.store.engine import now
from hub.store.tables import (
    Delivery,
    MadeObject,
    Patient,
    Rejection,
    Report,
    ReportOpening,
    Site,
    Study,
    User,
    Withdrawal,
)
from hub.store.worklist import is_about, like_literally

MOST_ROWS = 300


@dataclass(frozen=True)
class Letter:
    """A study of the inbox with its newest report, who opened that, and what of the study was rejected."""

    study: Study
    report: Report | None
    openings: tuple[ReportOpening, ...]
    rejections: tuple[Rejection, ...]


@dataclass(frozen=True)
class LedgerRow:
    """One version on its way to one destination, and who opened it at the township."""

    delivery: Delivery
    report: Report
    study: Study
    openings: tuple[ReportOpening, ...]


@dataclass(frozen=True)
class LedgerFilter:
    """What the ledger's address asks for; empty filters nothing."""

    state: str = ""
    site: str = ""
    text: str = ""


def letters(session: Session, scope: Scope, text: str = "") -> list[Letter]:
    """Return the sites' own studies, the last news first, each with its newest report.

    News is that a study came, or that something of it was rejected, or a rejection taken back.
    """
    said = func.max(func.coalesce(Withdrawal.at, Rejection.at))
    rejections = select(said).select_from(Rejection).outerjoin(Rejection.withdrawal)
    rejected = rejections.where(Rejection.study_id == Study.id).scalar_subquery()
    asked = (
        select(Study)
        .join(Patient, Patient.id == Study.patient_row)
        .where(within(scope, Study.site_id), Study.state.in_(LISTED) | _is_reported() | _is_rejected())
        .order_by(func.coalesce(rejected, Study.received_at).desc(), Study.id.desc())
    )
    if text:
        asked = asked.where(is_about(text) | Study.accession.ilike(like_literally(text), escape="\\"))
    studies = session.scalars(asked.limit(MOST_ROWS)).all()
    ids = [study.id for study in studies]
    newest = {
        report.study_id: report
        for report in session.scalars(select(Report).where(Report.study_id.in_(ids)).order_by(Report.version))
    }
    opened = _openings(session, [report.id for report in newest.values()])
    refused = _rejections(session, ids)
    return [_letter(study, newest.get(study.id), opened, refused) for study in studies]


def report_for(session: Session, scope: Scope, report_id: int) -> tuple[Report, Study]:
    """Return a report of a site in `scope`, any version. Raises NotYours."""
    row = session.execute(
        select(Report, Study)
        .join(Study, Study.id == Report.study_id)
        .where(Report.id == report_id, within(scope, Report.site_id))
    ).first()
    if row is None:
        raise NotYours(f"report:{report_id}")
    return row[0], row[1]


def record_opening(session: Session, report: Report, user: User) -> bool:
    """Write down that `user` opened `report`; True the first time, which confirms the inbox's delivery.

    Opening twice is recorded once: the first opening is the proof.
    """
    mine = (ReportOpening.report_id == report.id, ReportOpening.user_id == user.id)
    if session.scalar(select(ReportOpening.id).where(*mine)) is not None:
        return False
    session.add(ReportOpening(report_id=report.id, user_id=user.id, opened_at=now()))
    session.flush()
    inbox = session.scalar(
        select(Delivery).where(
            Delivery.report_id == report.id, Delivery.channel == "inbox",
            Delivery.state.in_(("queued", "failing", "sent")),
        )
    )  # fmt: skip
    if inbox is not None:
        record_attempt(session, inbox, Attempt("found-there", detail="opened at the inbox", proof="opened"))
    return True


def pdf_of(session: Session, report_id: int) -> MadeObject | None:
    """Return the report's signed PDF object, or None while it is being made."""
    asked = select(MadeObject).where(MadeObject.report_id == report_id, MadeObject.kind == "report-pdf")
    return session.scalar(asked)


def ledger(session: Session, scope: Scope, wanted: LedgerFilter) -> list[LedgerRow]:
    """Return deliveries of the person's sites: those in trouble first, then the newest."""
    troubled = case({"dead": 0, "failing": 1}, value=Delivery.state, else_=2)
    asked = (
        select(Delivery, Report, Study)
        .join(Report, Report.id == Delivery.report_id)
        .join(Study, Study.id == Delivery.study_id)
        .join(Patient, Patient.id == Study.patient_row)
        .join(Site, Site.id == Delivery.site_id)
        .where(within(scope, Delivery.site_id))
        .order_by(troubled, Delivery.created_at.desc(), Delivery.id.desc())
    )
    if wanted.state in DELIVERY_STATES:
        asked = asked.where(Delivery.state == wanted.state)
    if wanted.site:
        asked = asked.where(Site.name == wanted.site)
    if wanted.text:
        there = Delivery.destination.ilike(like_literally(wanted.text), escape="\\")
        asked = asked.where(is_about(wanted.text) | there)
    rows = session.execute(asked.limit(MOST_ROWS)).all()
    opened = _openings(session, [report.id for _delivery, report, _study in rows])
    return [LedgerRow(d, r, s, tuple(opened.get(r.id, ()))) for d, r, s in rows]


def ledger_counts(session: Session, scope: Scope) -> dict[str, int]:
    """Return how many deliveries are in each state."""
    rows = session.execute(
        select(Delivery.state, func.count()).where(within(scope, Delivery.site_id)).group_by(Delivery.state)
    )
    return {state: count for state, count in rows}


def delivery_for(session: Session, scope: Scope, delivery_id: int) -> Delivery:
    """Return a delivery of a site in `scope`. Raises NotYours."""
    asked = select(Delivery).where(Delivery.id == delivery_id, within(scope, Delivery.site_id))
    found = session.scalar(asked)
    if found is None:
        raise NotYours(f"delivery:{delivery_id}")
    return found


def _is_reported() -> ColumnElement[bool]:
    """Tell of a study that it has a signed version: that stays where it was delivered, whatever comes."""
    return exists().where(Report.study_id == Study.id)


def _is_rejected() -> ColumnElement[bool]:
    """Tell of a study that a person rejected it whole."""
    return (Study.state == "rejected") & exists().where(Rejection.study_id == Study.id)


def _letter(
    study: Study,
    report: Report | None,
    opened: dict[int, list[ReportOpening]],
    refused: dict[int, list[Rejection]],
) -> Letter:
    openings = opened.get(report.id, ()) if report else ()
    return Letter(study, report, tuple(openings), tuple(refused.get(study.id, ())))


def _rejections(session: Session, study_ids: Sequence[int]) -> dict[int, list[Rejection]]:
    found: dict[int, list[Rejection]] = {}
    asked = select(Rejection).where(Rejection.study_id.in_(study_ids)).order_by(Rejection.id)
    for rejection in session.scalars(asked):
        found.setdefault(rejection.study_id, []).append(rejection)
    return found


def _openings(session: Session, report_ids: Sequence[int]) -> dict[int, list[ReportOpening]]:
    found: dict[int, list[ReportOpening]] = {}
    asked = select(ReportOpening).where(ReportOpening.report_id.in_(report_ids))
    for opening in session.scalars(asked.order_by(ReportOpening.opened_at)):
        found.setdefault(opening.report_id, []).append(opening)
    return found
