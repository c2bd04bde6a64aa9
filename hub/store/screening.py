"""Where each study of a campaign is; each in one place, so that the counts add up to the cohort."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.scope import Scope
from hub.domain.screening import PLACES, place_of
from hub.store.ai_normal import ai_normal
from hub.store.campaigns import in_cohort
from hub.store.cases import within
from hub.store.re_reads import re_reads_waiting
from hub.store.tables import Campaign, Claim, Screened, Study

#: What is read first.
PRIORITIES = ("critical", "urgent", "routine")


@dataclass(frozen=True)
class Counts:
    """How many studies of a campaign there are in each of PLACES; what stands beside is counted in them too.

    `places` sums up to `cohort`.
    """

    cohort: int
    places: dict[str, int]
    reopened: int
    drawn: int
    to_read_again: int
    disagreed: int
    unsettled: int


def places(session: Session, scope: Scope, campaign: Campaign) -> dict[int, str]:
    """Return the place of each study of the campaign within `scope`."""
    which = in_cohort(scope, campaign)
    normal = ai_normal(session, which)
    screened = session.execute(
        select(Screened.study_id, Screened.kind).where(
            Screened.campaign_id == campaign.id, within(scope, Screened.site_id)
        )
    )
    kinds = {study_id: kind for study_id, kind in screened}
    rows = session.execute(select(Study.id, Study.state).where(which))
    return {study_id: place_of(state, kinds.get(study_id), study_id in normal) for study_id, state in rows}


def counts_of(session: Session, scope: Scope, campaign: Campaign) -> Counts:
    """Return the counts of a campaign within `scope`."""
    counted = Counter(places(session, scope, campaign).values())
    which = in_cohort(scope, campaign)
    reopened = session.scalars(select(Study.id).where(which, Study.state == "reopened")).all()
    rows = session.scalars(
        select(Screened)
        .join(Study, Study.id == Screened.study_id)
        .where(Screened.campaign_id == campaign.id, which, Screened.drawn)
    ).all()
    disagreed = [row for row in rows if row.agreed is False]
    return Counts(
        cohort=counted.total(), places={place: counted[place] for place in PLACES}, reopened=len(reopened),
        drawn=len(rows), to_read_again=re_reads_waiting(session, scope, campaign),
        disagreed=len(disagreed), unsettled=sum(row.verdict is None for row in disagreed),
    )  # fmt: skip


def waiting_in(session: Session, scope: Scope, campaign: Campaign, place: str) -> list[Study]:
    """Return the studies of one place as a worklist sorts them: by priority, then by waiting."""
    wanted = {study for study, where in places(session, scope, campaign).items() if where == place}
    found = session.scalars(select(Study).where(in_cohort(scope, campaign)))
    return sorted((study for study in found if study.id in wanted), key=_order)


def next_single(session: Session, scope: Scope, campaign: Campaign, user_id: int, after: Study) -> int | None:
    """Return the study to read singly after this one, going round; what somebody else reads is passed."""
    line = waiting_in(session, scope, campaign, "single")
    held = select(Claim.study_id).where(Claim.user_id != user_id)
    theirs = set(session.scalars(held)) | {after.id}
    free = [study for study in line if study.id not in theirs]
    ahead = [study for study in free if _order(study) > _order(after)]
    return next((study.id for study in (*ahead, *free)), None)


def _order(study: Study) -> tuple[int, datetime, int]:
    return PRIORITIES.index(study.priority), study.received_at, study.id
