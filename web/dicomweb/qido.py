"""QIDO-RS (PS3.18 10.6): searching studies, series and instances of the person's sites."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, abort, json, request
from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from hub.domain.study import LISTED
from hub.store.cases import within
from hub.store.tables import Instance, Patient, Series, Study
from web.access import needs, note, person, the_store
from web.dicomweb.attributes import instance_attributes, series_attributes, study_attributes
from web.dicomweb.matching import Match, date_match, text_match, uid_match

pages = Blueprint("qido", __name__, url_prefix="/dicom-web")

JSON = "application/dicom+json"
MOST_RESULTS = 1000
#: What steers the answer instead of narrowing it.
STEERING = ("limit", "offset", "includefield", "fuzzymatching", "orderby")


@dataclass(frozen=True)
class Key:
    """A matching key: how its value is compared with which column."""

    match: Match
    column: Any


STUDY_KEYS = {
    "StudyInstanceUID": Key(uid_match, Study.study_instance_uid),
    "StudyDate": Key(date_match, Study.study_date),
    "AccessionNumber": Key(text_match, Study.accession),
    "PatientID": Key(text_match, Patient.patient_id),
    "PatientName": Key(text_match, Patient.name),
    "PatientBirthDate": Key(date_match, Patient.birth_date),
    "StudyDescription": Key(text_match, Study.description),
    "ModalitiesInStudy": Key(text_match, Study.modality),
}
SERIES_KEYS = {
    "SeriesInstanceUID": Key(uid_match, Series.series_instance_uid),
    "Modality": Key(text_match, Series.modality),
    "SeriesDescription": Key(text_match, Series.description),
    "SeriesNumber": Key(text_match, Series.number),
}
INSTANCE_KEYS = {
    "SOPInstanceUID": Key(uid_match, Instance.sop_instance_uid),
    "SOPClassUID": Key(uid_match, Instance.sop_class_uid),
    "InstanceNumber": Key(text_match, Instance.number),
}
TAGS = {
    "0020000D": "StudyInstanceUID", "00080020": "StudyDate", "00080050": "AccessionNumber",
    "00100020": "PatientID", "00100010": "PatientName", "00081030": "StudyDescription",
    "00100030": "PatientBirthDate", "00080061": "ModalitiesInStudy", "0020000E": "SeriesInstanceUID",
    "00080060": "Modality", "0008103E": "SeriesDescription", "00200011": "SeriesNumber",
    "00080018": "SOPInstanceUID", "00080016": "SOPClassUID", "00200013": "InstanceNumber",
}  # fmt: skip


@dataclass
class Asked:
    """A search: the conditions it makes, and the keys that it could not use."""

    condition: ColumnElement[bool]
    ignored: list[str] = field(default_factory=list)


@pages.get("/studies")
@needs("worklist")
def studies() -> Response:
    """Search studies."""
    asked = _asked(STUDY_KEYS)
    query = select(Study).join(Patient).where(asked.condition).order_by(Study.received_at.desc(), Study.id)
    with the_store().reading() as session:
        found = list(session.scalars(_paged(query)))
        counts = _counted(session, Series.study_id, [one.id for one in found])
    return _answer((study_attributes(study, counts.get(study.id, 0)) for study in found), asked)


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
        .where(asked.condition)
        .order_by(Study.id.desc(), Series.number, Series.id)
    )
    with the_store().reading() as session:
        rows = session.execute(_paged(query)).all()
        counts = _counted(session, Instance.series_id, [row[0].id for row in rows])
    return _answer((series_attributes(one, of, counts.get(one.id, 0)) for one, of in rows), asked)


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
        .where(asked.condition)
        .order_by(Study.id.desc(), Series.number, Series.id, Instance.number, Instance.id)
    )
    with the_store().reading() as session:
        rows = session.execute(_paged(query)).all()
    return _answer((instance_attributes(*row) for row in rows), asked)


def _asked(keys: Mapping[str, Key], **path: str) -> Asked:
    """Return the search that path and query make: within the person's sites, and never what is set apart."""
    asked = Asked(within(person().scope, Study.site_id) & Study.state.in_(LISTED))
    for name, value in path.items():
        asked.condition &= keys[name].match(keys[name].column, value) if value else true()
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
    rows = session.execute(select(column, func.count()).where(column.in_(ids)).group_by(column))
    return {parent: count for parent, count in rows}


def _paged(query: Any) -> Any:
    limit = min(_number("limit", MOST_RESULTS), MOST_RESULTS)
    return query.limit(limit).offset(_number("offset", 0))


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
        response.headers["Warning"] = f'299 readhub "keys not supported: {names}"'
    return response
