"""Blind re-reading: a drawn share of what was confirmed is read by another doctor; an expert settles."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from hub.domain.scope import Scope
from hub.domain.screening import VERDICTS, checked_statement
from hub.domain.study import REPORTED
from hub.errors import NotYours, Refused
from hub.store import audit
from hub.store.campaigns import in_cohort
from hub.store.engine import now
from hub.store.tables import Campaign, Report, Screened, Study, User


def next_re_read(session: Session, scope: Scope, campaign: Campaign, user_id: int) -> Study | None:
    """Return the drawn study that waits longest and that this doctor has not read in any way."""
    asked = select(Study).join(Screened, Screened.study_id == Study.id)
    waiting = asked.where(_waits(scope, campaign), _is_not_theirs(user_id))
    return session.scalar(waiting.order_by(Screened.at, Screened.id).limit(1))


def re_reads_waiting(session: Session, scope: Scope, campaign: Campaign) -> int:
    """Return how many drawn studies wait for a second reading."""
    asked = select(func.count()).select_from(Screened).join(Study, Study.id == Screened.study_id)
    return session.scalar(asked.where(_waits(scope, campaign))) or 0


def keep_re_read(
    session: Session, scope: Scope, campaign: Campaign, user: User, said: tuple[int, bool, str]
) -> Study:
    """Keep a second reading of (study, normal, statement); a statement is needed for what is not normal.

    Raises NotYours for a study that is not this doctor's to read again, and Refused where somebody else did.
    """
    study_id, normal, statement = said
    stated = checked_statement(normal, statement)
    drawn = (Screened.campaign_id == campaign.id) & (Screened.study_id == study_id) & Screened.drawn
    row = session.scalar(select(Screened).where(drawn))
    study = session.scalar(select(Study).where(Study.id == study_id, in_cohort(scope, campaign)))
    mine = (
        select(Screened.id).join(Study, Study.id == Screened.study_id).where(drawn, _is_not_theirs(user.id))
    )
    if row is None or study is None or session.scalar(mine) is None:
        raise NotYours(f"study:{study_id}")
    done = session.execute(
        update(Screened)
        .where(Screened.id == row.id, Screened.re_read_at.is_(None))
        .values(re_reader_id=user.id, re_read_at=now(), agreed=normal, statement=stated)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise Refused("somebody else has read this ECG again")
    _audit(session, study, user, "re-read", f"campaign:{campaign.id} {'normal' if normal else 'not normal'}")
    return study


def disagreements(
    session: Session, scope: Scope, campaign: Campaign
) -> Sequence[tuple[Screened, Study, Report | None]]:
    """Return where the second doctor did not agree, with the newest report; unsettled ones come first."""
    newest = select(func.max(Report.id)).where(Report.study_id == Study.id).correlate(Study)
    rows = session.execute(
        select(Screened, Study, Report)
        .join(Study, Study.id == Screened.study_id)
        .outerjoin(Report, Report.id == newest.scalar_subquery())
        .where(Screened.campaign_id == campaign.id, in_cohort(scope, campaign), ~Screened.agreed)
        .order_by(Screened.verdict.is_not(None), Screened.id)
    )
    return [(row, study, report) for row, study, report in rows]


def settle(session: Session, scope: Scope, campaign: Campaign, user: User, said: tuple[int, str]) -> Study:
    """Keep an expert's (study, verdict) on a disagreement; the first one stays, and neither doctor gives it.

    Raises NotYours and Refused.
    """
    study_id, verdict = said
    if verdict not in VERDICTS:
        raise Refused("a verdict is for the first or for the second reading")
    found = session.execute(
        select(Screened, Study)
        .join(Study, Study.id == Screened.study_id)
        .where(
            Screened.campaign_id == campaign.id, Screened.study_id == study_id, ~Screened.agreed,
            in_cohort(scope, campaign),
        )
    ).first()  # fmt: skip
    if found is None:
        raise NotYours(f"study:{study_id}")
    row, study = found
    if user.id in (row.user_id, row.re_reader_id):
        raise Refused("a disagreement is settled by neither of its two doctors")
    session.execute(
        update(Screened)
        .where(Screened.id == row.id, Screened.verdict.is_(None))
        .values(verdict=verdict, settled_by_id=user.id, settled_at=now())
        .execution_options(synchronize_session=False)
    )
    _audit(session, study, user, "settled", f"campaign:{campaign.id} {verdict}")
    return study


def _waits(scope: Scope, campaign: Campaign) -> ColumnElement[bool]:
    return (
        (Screened.campaign_id == campaign.id) & Screened.drawn & Screened.re_read_at.is_(None)
        & in_cohort(scope, campaign) & Study.state.in_((*REPORTED, "written"))
    )  # fmt: skip


def _is_not_theirs(user_id: int) -> ColumnElement[bool]:
    signed = select(Report.id).where(
        Report.study_id == Study.id, or_(Report.signer_id == user_id, Report.author_id == user_id)
    )
    return (Screened.user_id != user_id) & ~signed.exists()


def _audit(session: Session, study: Study, user: User, outcome: str, detail: str) -> None:
    who = {"actor": user.username, "role": user.role, "site": study.site.name, "detail": detail}
    audit.append(session, audit.entry("screen", f"study:{study.id}", outcome, **who))
