"""QIDO-RS (PS3.18 10.6): searching studies, series and instances of the person's sites."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, abort, json, request
from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from hub.store.tables import Instance, Patient, Series, Study
from hub.store.visible import answered, has_images, visible
from web.access import needs, note, person, the_store
from web.dicomweb.accept import JSON, must_take_json
from web.dicomweb.attributes import (
    instance_attributes,
    more_of_series,
    more_of_study,
    series_attributes,
    study_attributes,
)
from web.dicomweb.matching import (
    Match,
    date_match,
    modality_match,
    name_match,
    number_match,
    text_match,
    time_match,
    uid_match,
)

pages = Blueprint("qido", __name__, url_prefix="/dicom-web")

MOST_RESULTS = 1000
#: PS3.18 8.3.4.2, for a server that does not support it.
NOT_FUZZY = "The fuzzymatching parameter is not supported. Only literal matching has been performed."
#: What steers the answer instead of narrowing it.
STEERING = ("limit", "offset", "includefield", "fuzzymatching", "orderby", "accept")


@dataclass(frozen=True)
class Key:
    """A matching key: how its value is compared with which column."""

    match: Match
    column: Any


STUDY_KEYS = {
    "StudyInstanceUID": Key(uid_match, Study.study_instance_uid),
    "StudyDate": Key(date_match, Study.study_date),
    "StudyTime": Key(time_match, Study.study_time),
    "StudyID": Key(text_match, Study.study_number),
    "AccessionNumber": Key(text_match, Study.accession),
    "PatientID": Key(text_match, Patient.patient_id),
    "PatientName": Key(name_match, Patient.name_sought),
    "PatientBirthDate": Key(date_match, Patient.birth_date),
    "PatientSex": Key(text_match, Patient.sex),
    "ReferringPhysicianName": Key(name_match, Study.referring_sought),
    "StudyDescription": Key(text_match, Study.description),
    "ModalitiesInStudy": Key(modality_match, Study.id),
}
SERIES_KEYS = {
    "SeriesInstanceUID": Key(uid_match, Series.series_instance_uid),
    "Modality": Key(text_match, Series.modality),
    "SeriesDescription": Key(text_match, Series.description),
    "SeriesNumber": Key(number_match, Series.number),
}
INSTANCE_KEYS = {
    "SOPInstanceUID": Key(uid_match, Instance.sop_instance_uid),
    "SOPClassUID": Key(uid_match, Instance.sop_class_uid),
    "InstanceNumber": Key(number_match, Instance.number),
}
TAGS = {
    "0020000D": "StudyInstanceUID", "00080020": "StudyDate", "00080050": "AccessionNumber",
    "00080090": "ReferringPhysicianName",
    "00100020": "PatientID", "00100010": "PatientName", "00081030": "StudyDescription",
    "00100030": "PatientBirthDate", "00080061": "ModalitiesInStudy", "0020000E": "SeriesInstanceUID",
    "00080060": "Modality", "0008103E": "SeriesDescription", "00200011": "SeriesNumber",
    "00080018": "SOPInstanceUID", "00080016": "SOPClassUID", "00200013": "InstanceNumber",
    "00200010": "StudyID", "00180015": "BodyPartExamined", "00200060": "Laterality",
    "00100021": "IssuerOfPatientID", "00080030": "StudyTime", "00100040": "PatientSex",
}  # fmt: skip


@dataclass
class Asked:
    """A search: the conditions it makes, and the keys that it could not use."""

    condition: ColumnElement[bool]
    ignored: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@pages.get("/studies")
@needs("worklist")
def studies() -> Response:
    """Search studies."""
    asked = _asked(STUDY_KEYS)
    query = select(Study).join(Patient).where(asked.condition).order_by(Study.received_at.desc(), Study.id)
    with the_store().reading() as session:
        found = _page(session.scalars(_paged(query)).all(), asked)
        whole = _whole_studies(session, found)
    return _answer((_included(whole[one.id], more_of_study(one)) for one in found), asked)


@pages.get("/series")
@pages.get("/studies/<study>/series")
@needs("worklist")
def series(study: str = "") -> Response:
    """Search series, of one study or of all."""
    asked = _asked(STUDY_KEYS | SERIES_KEYS, StudyInstanceUID=study)
    query = (
        select(Series, Study)
        .join(Study, Study.id == Series.study_id)
        .join(Patient, Patient.id == Study.patient_row)
        .where(asked.condition, has_images())
        .order_by(Study.id.desc(), Series.number, Series.id)
    )
    with the_store().reading() as session:
        rows = _page(session.execute(_paged(query)).all(), asked)
        own = _whole_series(session, rows)
        above = {} if study else _whole_studies(session, [of for _, of in rows])
    told = (
        _included(above.get(of.id, {}) | own[one.id], more_of_series(one) | more_of_study(of))
        for one, of in rows
    )
    return _answer(told, asked)


@pages.get("/instances")
@pages.get("/studies/<study>/instances")
@pages.get("/studies/<study>/series/<series>/instances")
@needs("worklist")
def instances(study: str = "", series: str = "") -> Response:
    """Search instances, of one series, of one study or of all."""
    keys = STUDY_KEYS | SERIES_KEYS | INSTANCE_KEYS
    asked = _asked(keys, StudyInstanceUID=study, SeriesInstanceUID=series)
    query = (
        select(Instance, Series, Study)
        .join(Series, Series.id == Instance.series_id)
        .join(Study, Study.id == Instance.study_id)
        .join(Patient, Patient.id == Study.patient_row)
        .where(asked.condition, ~Instance.rejected)
        .order_by(Study.id.desc(), Series.number, Series.id, Instance.number, Instance.id)
    )
    with the_store().reading() as session:
        rows = _page(session.execute(_paged(query)).all(), asked)
        above = {} if study else _whole_studies(session, [of for _, _, of in rows])
        parts = {} if series else _whole_series(session, [(part, of) for _, part, of in rows])
    told = (
        _included(
            above.get(of.id, {}) | parts.get(part.id, {}) | instance_attributes(one, part, of),
            more_of_series(part) | more_of_study(of),
        )
        for one, part, of in rows
    )
    return _answer(told, asked)


def _whole_studies(session: Session, found: Iterable[Study]) -> dict[int, dict[str, Any]]:
    """Return what is told of these studies, by their row."""
    studies = {one.id: one for one in found}
    series = _modalities(session, list(studies))
    counts = _counted(session, Instance.study_id, list(studies))
    return {
        row: study_attributes(one, series.get(row, []), counts.get(row, 0)) for row, one in studies.items()
    }


def _whole_series(session: Session, found: Iterable[Sequence[Any]]) -> dict[int, dict[str, Any]]:
    """Return what is told of these series, each given with its study, by their row."""
    rows = {one.id: (one, of) for one, of in found}
    counts = _counted(session, Instance.series_id, list(rows))
    return {row: series_attributes(one, of, counts.get(row, 0)) for row, (one, of) in rows.items()}


def _asked(keys: Mapping[str, Key], **path: str) -> Asked:
    """Return the search that path and query make: within the person's sites, and never what is set apart."""
    must_take_json()
    asked = Asked(visible(person().scope) & answered())
    for name, value in path.items():
        asked.condition &= keys[name].match(keys[name].column, value) if value else true()
    if request.args.get("fuzzymatching", "").lower() == "true":
        asked.warnings.append(NOT_FUZZY)
    for said, value in request.args.items():
        name = TAGS.get(said.upper(), said)
        if said in STEERING or not value:
            continue
        if name in keys:
            asked.condition &= keys[name].match(keys[name].column, value)
        else:
            asked.ignored.append(said[:64])
    return asked


def _counted(session: Session, column: Any, ids: list[int]) -> dict[int, int]:
    """Return how many instances are shown of each study or series."""
    counted = select(column, func.count()).where(column.in_(ids), ~Instance.rejected).group_by(column)
    rows = session.execute(counted)
    return {parent: count for parent, count in rows}


def _modalities(session: Session, ids: list[int]) -> dict[int, list[str]]:
    """Return the modality of each series of these studies."""
    found: dict[int, list[str]] = {}
    asked = select(Series.study_id, Series.modality).where(Series.study_id.in_(ids), has_images())
    for study_id, modality in session.execute(asked.order_by(Series.number, Series.id)):
        found.setdefault(study_id, []).append(modality)
    return found


def _paged(query: Any) -> Any:
    return query.limit(_limit() + 1).offset(_number("offset", 0))


def _number(name: str, otherwise: int) -> int:
    said = request.args.get(name, "")
    if not said:
        return otherwise
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        abort(400)
    return int(said)


def _answer(found: Iterable[dict[str, Any]], asked: Asked) -> Response:
    """Write the audit row of the search, then answer; 204 says that nothing matched."""
    results = list(found)
    said = request.query_string.decode("ascii", "replace")
    note("search", request.path, detail=f"{said} found {len(results)}")
    response = Response(json.dumps(results), 200 if results else 204, mimetype=JSON)
    if asked.ignored:
        names = " ".join(name for name in asked.ignored if name.isascii() and name.isalnum())
        asked.warnings.append(f"keys not supported: {names}")
    for warning in asked.warnings:
        response.headers.add("Warning", f'299 readhub "{warning}"')
    return response


def _page(rows: Sequence[Any], asked: Asked) -> list[Any]:
    """Return the rows of this page; one was read beyond it to know of more (PS3.18 8.3.4.4)."""
    limit = _limit()
    if len(rows) > limit:
        asked.warnings.append("There are additional results that can be requested")
    return list(rows[:limit])


def _included(known: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer with what was matched and what `includefield` asks for, as far as it is known."""
    names = [*",".join(request.args.getlist("includefield")).split(","), *request.args]
    said = {TAGS.get(name.upper(), name) for name in names}
    wanted = {tag: value for tag, (name, value) in more.items() if "all" in said or name in said}
    return known | wanted


def _limit() -> int:
    return min(_number("limit", MOST_RESULTS), MOST_RESULTS)
