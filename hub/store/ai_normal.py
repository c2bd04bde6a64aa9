"""Which waiting ECGs the models call normal without any doubt: those that may stand on a screening page."""

from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from hub.domain.screening import is_ai_normal
from hub.store.tables import EcgEdit, Instance, Patient, PreRead, Report, Screened, Site, Study

#: Notes that cast no doubt on a study; any other is a reason to read it on its own.
HARMLESS_NOTES = ("", "rebuilt")
#: Rows whose readings are unpacked at a time.
AT_ONCE = 200


def ai_normal(session: Session, which: ColumnElement[bool]) -> dict[int, dict[str, Any]]:
    """Return the readings, by study, of those studies of `which` that may stand on a screening page.

    A study is ready, of one sound recording that was assessed and called normal, and nobody has begun with
    it: no report, no changed value, not set apart in any campaign. Its name is no guess, no critical value
    was told of it. Its site shows the models at once and does not want a password for each signature.
    """
    plain = PreRead.assessed & (PreRead.alerts == 0)
    rows = session.execute(
        select(Study.id, case((plain, PreRead.reading)))
        .join(Site, Site.id == Study.site_id)
        .join(Patient, Patient.id == Study.patient_row)
        .join(Instance, (Instance.study_id == Study.id) & ~Instance.rejected)
        .outerjoin(PreRead, (PreRead.instance_id == Instance.id) & PreRead.in_effect)
        .where(
            which, Study.state == "ready", Study.priority != "critical", Study.note.in_(HARMLESS_NOTES),
            ~Site.reader_first, Site.signing_minutes > 0, ~Instance.damaged, _is_alone(), _is_untouched(),
            ~Patient.name_guessed | Patient.name_confirmed_by.is_not(None),
        )
        .execution_options(yield_per=AT_ONCE)
    )  # fmt: skip
    return {study_id: said for study_id, said in rows if said is not None and is_ai_normal(said)}


def _is_alone() -> ColumnElement[bool]:
    """A study of several recordings is no card on a page."""
    counted = select(func.count()).where(Instance.study_id == Study.id, ~Instance.rejected)
    return counted.correlate(Study).scalar_subquery() == 1


def _is_untouched() -> ColumnElement[bool]:
    apart = select(Screened.id).where(Screened.study_id == Study.id, Screened.kind == "single")
    report = select(Report.id).where(Report.study_id == Study.id)
    edit = select(EcgEdit.id).where(EcgEdit.study_id == Study.id)
    return ~apart.exists() & ~report.exists() & ~edit.exists()
