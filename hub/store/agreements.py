"""What the models and the signed reports said, written down at signing; counted by site and finding."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.domain.agreement import WORDS, Matrix, said_of
from hub.domain.finding import Finding, reading_from
from hub.domain.report import ReportText
from hub.domain.scope import Scope
from hub.store.cases import pre_reads_of, within
from hub.store.engine import now
from hub.store.tables import Agreement, FirstImpression, PreRead, Report, Site, Study

MOST_LISTED = 200


def note_agreement(session: Session, study: Study, report: Report) -> None:
    """Write down, for each finding whose words are known, what the models and the first report said of it.

    Nobody is asked anything. Of several images the most probable counts; late readings do not.
    """
    if report.version > 1:
        return
    text = ReportText(report.findings, report.impression, report.advice)
    first = session.scalar(select(FirstImpression.id).where(FirstImpression.study_id == study.id))
    for row, finding in _strongest(session, study.id).values():
        session.add(Agreement(
            study_id=study.id, site_id=study.site_id, report_id=report.id, finding=finding.code,
            model=row.model, version=row.version, probability=finding.probability,
            threshold=finding.threshold, positive=finding.positive, said=said_of(finding.code, text),
            threshold_version=int(row.reading.get("site_thresholds", {}).get(finding.code, 0)),
            reader_first=first is not None, at=now(),
        ))  # fmt: skip


def _strongest(session: Session, study_id: int) -> dict[str, tuple[PreRead, Finding]]:
    found: dict[str, tuple[PreRead, Finding]] = {}
    for _uid, row in pre_reads_of(session, study_id):
        if not row.assessed or row.late:
            continue
        for finding in reading_from(row.reading).findings:
            known = found.get(finding.code)
            if finding.code in WORDS and (known is None or known[1].probability < finding.probability):
                found[finding.code] = (row, finding)
    return found


@dataclass(frozen=True)
class Line:
    """One row of the table: how a model did at a site for one finding, against the site's signed reports."""

    site: Site
    finding: str
    matrix: Matrix


def table_of(session: Session, scope: Scope) -> list[Line]:
    """Return the counts by site and finding for the sites in `scope`."""
    columns = (Agreement.site_id, Agreement.finding, Agreement.positive, Agreement.said)
    rows = session.execute(
        select(*columns, func.count()).where(within(scope, Agreement.site_id)).group_by(*columns)
    )
    counted: dict[tuple[int, str], dict[str, int]] = {}
    for site_id, finding, positive, said, count in rows:
        cell = f"{'positive' if positive else 'negative'}_{said}"
        counted.setdefault((site_id, finding), {})[cell] = count
    sites = {site.id: site for site in session.scalars(select(Site))}
    return [Line(sites[site], finding, Matrix(**cells)) for (site, finding), cells in sorted(counted.items())]


def disagreements(session: Session, scope: Scope) -> Sequence[tuple[Agreement, Study, Report]]:
    """Return where model and signed report contradict each other, newest first."""
    rows = session.execute(
        select(Agreement, Study, Report)
        .join(Study, Study.id == Agreement.study_id)
        .join(Report, Report.id == Agreement.report_id)
        .where(
            within(scope, Agreement.site_id),
            (Agreement.positive & (Agreement.said == "absent"))
            | (~Agreement.positive & (Agreement.said == "present")),
        )
        .order_by(Agreement.id.desc()).limit(MOST_LISTED)
    )  # fmt: skip
    return [(agreement, study, report) for agreement, study, report in rows]
