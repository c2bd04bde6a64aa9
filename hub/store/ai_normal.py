"""Which waiting ECGs the models call normal without any doubt: those that may stand on a screening page."""

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from hub.domain.screening import is_ai_normal
from hub.store.tables import EcgEdit, Instance, Patient, PreRead, Report, Screened, Site, Study

#: Notes that cast no doubt on a study; any other is a reason to read it on its own.
HARMLESS_NOTES = ("", "rebuilt")
#: Readings that are unpacked at a time, and of how many it is remembered what they say.
AT_ONCE, MOST_KNOWN = 500, 200_000

#: Whether a reading, named by the UID of its SR, is normal: a reading is inserted once and never changed.
_known: dict[str, bool] = {}


def ai_normal(session: Session, which: ColumnElement[bool]) -> set[int]:
    """Return those studies of `which` that may stand on a screening page.

    A study is ready, of one sound recording that was assessed and called normal, and nobody has begun with
    it: no report, no changed value, not set apart in any campaign. Its name is no guess, no critical value
    was told of it. Its site shows the models at once and does not want a password for each signature.
    """
    rows = session.execute(
        select(Study.id, PreRead.id, PreRead.sr_uid)
        .join(Site, Site.id == Study.site_id)
        .join(Patient, Patient.id == Study.patient_row)
        .join(Instance, (Instance.study_id == Study.id) & ~Instance.rejected)
        .join(PreRead, (PreRead.instance_id == Instance.id) & PreRead.in_effect)
        .where(
            which, PreRead.assessed, PreRead.alerts == 0, Study.state == "ready",
            Study.priority != "critical", Study.note.in_(HARMLESS_NOTES), ~Site.reader_first,
            Site.signing_minutes > 0, ~Instance.damaged, _is_alone(), _is_untouched(),
            ~Patient.name_guessed | Patient.name_confirmed_by.is_not(None),
        )
    ).all()  # fmt: skip
    if len(_known) > MOST_KNOWN:
        _known.clear()
    _learn(session, [reading for _study, reading, uid in rows if uid not in _known])
    return {study for study, _reading, uid in rows if _known.get(uid, False)}


def _learn(session: Session, readings: Sequence[int]) -> None:
    """Unpack the readings that were not looked at yet: each is large, and pages ask again and again."""
    for some in _parts(readings):
        asked = select(PreRead.sr_uid, PreRead.reading).where(PreRead.id.in_(some))
        _known.update({uid: is_ai_normal(said) for uid, said in session.execute(asked)})


def _parts(readings: Sequence[int]) -> Iterator[Sequence[int]]:
    return (readings[at : at + AT_ONCE] for at in range(0, len(readings), AT_ONCE))


def _is_alone() -> ColumnElement[bool]:
    """A study of several recordings is no card on a page."""
    counted = select(func.count()).where(Instance.study_id == Study.id, ~Instance.rejected)
    return counted.correlate(Study).scalar_subquery() == 1


def _is_untouched() -> ColumnElement[bool]:
    apart = select(Screened.id).where(Screened.study_id == Study.id, Screened.kind == "single")
    report = select(Report.id).where(Report.study_id == Study.id)
    edit = select(EcgEdit.id).where(EcgEdit.study_id == Study.id)
    return ~apart.exists() & ~report.exists() & ~edit.exists()
