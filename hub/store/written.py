"""First readings: what waits for review, what became of it, and what its writer has not seen yet."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub.domain.moves import ForbiddenMove
from hub.domain.report import ReportText
from hub.domain.scope import Scope
from hub.domain.study import READABLE
from hub.errors import NotYours
from hub.store.cases import within
from hub.store.engine import now
from hub.store.tables import Report, Study, User, WrittenReport

MOST_LISTED = 200


def waiting_report(session: Session, study_id: int) -> WrittenReport | None:
    """Return what waits for review of a study."""
    asked = select(WrittenReport).where(
        WrittenReport.study_id == study_id, WrittenReport.outcome == "waiting"
    )
    return session.scalar(asked)


def last_written(session: Session, study_id: int) -> WrittenReport | None:
    """Return the newest first reading of a study, whatever became of it."""
    asked = select(WrittenReport).where(WrittenReport.study_id == study_id)
    return session.scalar(asked.order_by(WrittenReport.id.desc()).limit(1))


def add_written(
    session: Session, study: Study, user: User, text: ReportText, reasons: Mapping[str, str]
) -> WrittenReport:
    """Insert what `user` hands over."""
    row = WrittenReport(
        study_id=study.id, site_id=study.site_id, writer=user, findings=text.findings,
        impression=text.impression, advice=text.advice, addendum=text.addendum, reasons=dict(reasons),
        written_at=now(), outcome="waiting", reason="",
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def written_text(row: WrittenReport) -> ReportText:
    """Return the text as its writer handed it over."""
    return ReportText(row.findings, row.impression, row.advice, row.addendum)


def settle(session: Session, row: WrittenReport, outcome: str, user: User, **more: object) -> None:
    """Say what became of a first reading, by a guarded UPDATE. Raises ForbiddenMove when it was settled."""
    done = session.execute(
        update(WrittenReport)
        .where(WrittenReport.id == row.id, WrittenReport.outcome == "waiting")
        .values(outcome=outcome, reviewer_id=user.id, reviewed_at=now(), **more)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise ForbiddenMove(f"'{outcome}': the first reading is no longer waiting")
    session.refresh(row)


def settle_signed(session: Session, row: WrittenReport | None, user: User, report: Report) -> None:
    """Say of a first reading that it was signed as it was, or changed."""
    if row is None:
        return
    signed = ReportText(report.findings, report.impression, report.advice, report.addendum)
    outcome = "approved" if signed == written_text(row) else "changed"
    settle(session, row, outcome, user, report_id=report.id)


def waiting_list(session: Session, scope: Scope) -> Sequence[tuple[WrittenReport, Study]]:
    """Return what waits for review in `scope`, oldest first."""
    rows = session.execute(
        select(WrittenReport, Study)
        .join(Study, Study.id == WrittenReport.study_id)
        .where(
            within(scope, WrittenReport.site_id), WrittenReport.outcome == "waiting",
            Study.state.in_(READABLE),
        )
        .order_by(WrittenReport.id).limit(MOST_LISTED)
    )  # fmt: skip
    return [(row, study) for row, study in rows]


def unseen_by(session: Session, scope: Scope, user_id: int) -> Sequence[tuple[WrittenReport, Study]]:
    """Return the first readings of a person that came back or were changed, and that they have not seen."""
    rows = session.execute(
        select(WrittenReport, Study)
        .join(Study, Study.id == WrittenReport.study_id)
        .where(
            within(scope, WrittenReport.site_id), WrittenReport.writer_id == user_id,
            WrittenReport.reviewer_id != user_id, WrittenReport.outcome.in_(("changed", "returned")),
            WrittenReport.seen_at.is_(None),
        )
        .order_by(WrittenReport.reviewed_at.desc()).limit(MOST_LISTED)
    )  # fmt: skip
    return [(row, study) for row, study in rows]


def mark_seen(session: Session, row_id: int, user_id: int) -> None:
    """Note that the writer has seen what became of their reading. Raises NotYours for anybody else's."""
    mine = select(WrittenReport.id).where(WrittenReport.id == row_id, WrittenReport.writer_id == user_id)
    if session.scalar(mine) is None:
        raise NotYours(f"written:{row_id}")
    session.execute(
        update(WrittenReport)
        .where(
            WrittenReport.id == row_id, WrittenReport.writer_id == user_id, WrittenReport.seen_at.is_(None)
        )
        .values(seen_at=now())
    )
