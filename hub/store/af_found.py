"""Atrial fibrillation that a campaign found: by the doctors' signed words, never by the network alone."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hub.domain.atrial_fibrillation import said_of, said_of_versions
from hub.domain.ecg_edit import amended
from hub.domain.finding import reading_from
from hub.domain.report import ReportText
from hub.domain.scope import Scope
from hub.domain.study import REPORTED
from hub.store.campaigns import in_cohort
from hub.store.cases import pre_reads_of, within
from hub.store.edited_values import edited_values
from hub.store.tables import Campaign, Report, Screened, Study

#: Whatever names it has one of these in it.
ROOTS = ("颤", "房扑", "扑动", "fibrillation", "flutter", "fib")


@dataclass(frozen=True)
class AfFound:
    """A study in which a doctor found it: what, how surely ("confirmed" or "unclear"), in whose words.

    `report` is the newest signed version; `re_read` is set where only the second doctor found it. `rate` is
    the measured ventricular rate in beats a minute.
    """

    study: Study
    kinds: dict[str, str]
    report: Report
    rate: float | None
    re_read: Screened | None = None

    @property
    def certainty(self) -> str:
        """Return the surest of what is said of its kinds."""
        return "confirmed" if "confirmed" in self.kinds.values() else "unclear"

    @property
    def doctor(self) -> str:
        """Return who found it: the signer, or the second reader."""
        second = self.re_read.re_reader if self.re_read else None
        return second.display_name if second else self.report.signer_name

    @property
    def at(self) -> datetime:
        """Return when it was signed, or stated by the second reader."""
        second = self.re_read.re_read_at if self.re_read else None
        return second or self.report.signed_at

    @property
    def words(self) -> str:
        """Return the words in which it was found."""
        if self.re_read:
            return self.re_read.statement
        return "\n".join(filter(None, (self.report.impression, self.report.addendum)))


def af_found(session: Session, scope: Scope, campaign: Campaign) -> list[AfFound]:
    """Return what was found within `scope`, in the order in which the studies came."""
    which = in_cohort(scope, campaign) & Study.state.in_(REPORTED)
    seconds = _second_readings(session, scope, campaign)
    named = or_(*(
        column.ilike(f"%{root}%")
        for column in (Report.impression, Report.findings, Report.addendum) for root in ROOTS
    ))  # fmt: skip
    spoken = select(Report.study_id).join(Study, Study.id == Report.study_id).where(which, named)
    ids = set(session.scalars(spoken)) | set(seconds)
    studies = session.scalars(
        select(Study).where(which, Study.id.in_(ids)).order_by(Study.received_at, Study.id)
    ).all()
    versions = _versions(session, [study.id for study in studies])
    found = [_found(session, study, versions[study.id], seconds.get(study.id)) for study in studies]
    return [one for one in found if one is not None]


def _found(
    session: Session, study: Study, versions: Sequence[Report], second: Screened | None
) -> AfFound | None:
    texts = [ReportText(one.findings, one.impression, one.advice, one.addendum) for one in versions]
    kinds = said_of_versions(texts)
    if kinds:
        return AfFound(study, kinds, versions[-1], _rate(session, study.id))
    heard = said_of(second.statement) if second else {}
    if not heard:
        return None
    return AfFound(study, dict.fromkeys(heard, "unclear"), versions[-1], _rate(session, study.id), second)


def _second_readings(session: Session, scope: Scope, campaign: Campaign) -> dict[int, Screened]:
    """What a second doctor stated counts until an expert has said that the first one was right."""
    rows = session.scalars(
        select(Screened).where(
            Screened.campaign_id == campaign.id, within(scope, Screened.site_id), ~Screened.agreed,
            Screened.verdict.is_(None) | (Screened.verdict == "second"),
        )
    )  # fmt: skip
    return {row.study_id: row for row in rows}


def _versions(session: Session, ids: Sequence[int]) -> dict[int, list[Report]]:
    found: dict[int, list[Report]] = defaultdict(list)
    for report in session.scalars(select(Report).where(Report.study_id.in_(ids)).order_by(Report.version)):
        found[report.study_id].append(report)
    return found


def _rate(session: Session, study_id: int) -> float | None:
    edited = edited_values(session, study_id)
    readings = [
        amended(reading_from(row.reading), edited.get(uid, {}))
        for uid, row in pre_reads_of(session, study_id)
    ]
    rates = [m.value for one in readings for m in one.measurements if m.name == "heart_rate" and m.value]
    return rates[0] if rates else None
