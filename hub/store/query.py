"""Answering queries from the index: which patients, studies, series and instances match a set of keys."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from hub.domain.matching import (
    NUMBER_VRS,
    RANGE_VRS,
    SEVERAL,
    has_wildcard,
    is_universal,
    matches,
    plain_date,
)
from hub.domain.person_name import full_name
from hub.domain.scope import Scope
from hub.store.tables import Instance, Patient, Series, Study
from hub.store.visible import answered, has_images, visible

#: The levels of the information models, from the top (PS3.4 C.6.1.1).
LEVELS = ("PATIENT", "STUDY", "SERIES", "IMAGE")
#: Rows that are read before their counts are.
CHUNK = 200


@dataclass(frozen=True)
class Attribute:
    """An attribute that the index holds: its level, its value representation, and its column."""

    level: str
    vr: str
    column: Any


ATTRIBUTES = {
    "PatientID": Attribute("PATIENT", "LO", Patient.patient_id),
    "IssuerOfPatientID": Attribute("PATIENT", "LO", Patient.issuer),
    "PatientName": Attribute("PATIENT", "PN", Patient.name),
    "PatientBirthDate": Attribute("PATIENT", "DA", Patient.birth_date),
    "PatientSex": Attribute("PATIENT", "CS", Patient.sex),
    "StudyInstanceUID": Attribute("STUDY", "UI", Study.study_instance_uid),
    "StudyDate": Attribute("STUDY", "DA", Study.study_date),
    "StudyTime": Attribute("STUDY", "TM", Study.study_time),
    "AccessionNumber": Attribute("STUDY", "SH", Study.accession),
    "StudyID": Attribute("STUDY", "SH", Study.study_number),
    "ReferringPhysicianName": Attribute("STUDY", "PN", Study.referring),
    "StudyDescription": Attribute("STUDY", "LO", Study.description),
    "SeriesInstanceUID": Attribute("SERIES", "UI", Series.series_instance_uid),
    "Modality": Attribute("SERIES", "CS", Series.modality),
    "SeriesNumber": Attribute("SERIES", "IS", Series.number),
    "SeriesDescription": Attribute("SERIES", "LO", Series.description),
    "BodyPartExamined": Attribute("SERIES", "CS", Series.body_part),
    "Laterality": Attribute("SERIES", "CS", Series.laterality),
    "SOPInstanceUID": Attribute("IMAGE", "UI", Instance.sop_instance_uid),
    "SOPClassUID": Attribute("IMAGE", "UI", Instance.sop_class_uid),
    "AvailableTransferSyntaxUID": Attribute("IMAGE", "UI", Instance.transfer_syntax),
    "InstanceNumber": Attribute("IMAGE", "IS", Instance.number),
    "Rows": Attribute("IMAGE", "US", Instance.rows),
    "Columns": Attribute("IMAGE", "US", Instance.columns),
    "NumberOfFrames": Attribute("IMAGE", "IS", Instance.frames),
}
DATES = frozenset(name for name, one in ATTRIBUTES.items() if one.vr == "DA")
#: What is counted over everything below, by level (PS3.4 C.3.4, C.6.2.1).
COUNTS = {
    "NumberOfPatientRelatedStudies": ("PATIENT", Study.patient_row, func.count(Study.id.distinct())),
    "NumberOfPatientRelatedSeries": ("PATIENT", Study.patient_row, func.count(Series.id.distinct())),
    "NumberOfPatientRelatedInstances": ("PATIENT", Study.patient_row, func.count(Instance.id.distinct())),
    "NumberOfStudyRelatedSeries": ("STUDY", Series.study_id, func.count(Series.id.distinct())),
    "NumberOfStudyRelatedInstances": ("STUDY", Series.study_id, func.count(Instance.id.distinct())),
    "NumberOfSeriesRelatedInstances": ("SERIES", Instance.series_id, func.count(Instance.id.distinct())),
}
#: What is gathered over everything below a study.
GATHERED = {"ModalitiesInStudy": Series.modality, "SOPClassesInStudy": Instance.sop_class_uid}
GATHERED_VR = {"ModalitiesInStudy": "CS", "SOPClassesInStudy": "UI"}
ROW_IDS = {"PATIENT": Patient.id, "STUDY": Study.id, "SERIES": Series.id, "IMAGE": Instance.id}
Match = dict[str, Any]


def known(keyword: str, level: str) -> bool:
    """Tell whether the index can match and return an attribute in answers of `level`."""
    own = LEVELS.index(level)
    if keyword in ATTRIBUTES:
        return LEVELS.index(ATTRIBUTES[keyword].level) <= own
    if keyword in COUNTS:
        return COUNTS[keyword][0] == level
    return keyword in GATHERED and level == "STUDY"


def found(
    session: Session, scope: Scope, level: str, keys: Mapping[str, str], wanted: Sequence[str] = ()
) -> Iterator[Match]:
    """Yield what matches `keys` at `level` within `scope`, newest study first, each by keyword.

    `keys` are as PS3.4 C.2.2.2 writes them; those that are not `known` match everything. `wanted` names what
    is to be returned beside the keys. Studies that are arriving or set apart are not among the answers.
    """
    asked = {name: key for name, key in keys.items() if known(name, level) and not is_universal(key)}
    rows = session.execute(_select(level, scope, asked).execution_options(yield_per=CHUNK))
    extras = [name for name in {*keys, *wanted} if name in COUNTS or name in GATHERED]
    for chunk in rows.mappings().partitions(CHUNK):
        matched = [row for row in map(_read, chunk) if _fits(row, asked)]
        _add_extras(session, level, matched, [name for name in extras if known(name, level)])
        yield from (row for row in matched if _gathered_fit(row, asked))


def _select(level: str, scope: Scope, asked: Mapping[str, str]) -> Select[Any]:
    names = [name for name, one in ATTRIBUTES.items() if known(name, level)]
    columns: list[Any] = [ATTRIBUTES[name].column.label(name) for name in names]
    side: list[Any] = [
        ROW_IDS[level].label("_row"),
        Patient.id.label("_patient"),
        Patient.name_raw.label("_raw"),
    ]
    guess = Patient.name_guessed & Patient.name_confirmed_by.is_(None)
    query: Select[Any] = select(*columns, *side, guess.label("_guessed")).select_from(Patient)
    seen = answered() & visible(scope)
    if level == "PATIENT":
        known_here = select(Study.patient_row).where(seen)
        query = query.where(Patient.id.in_(known_here)).order_by(Patient.id.desc())
    else:
        query = _joined(query.add_columns(Study.id.label("_study")), level).where(seen)
    for name, key in asked.items():
        if name in ATTRIBUTES:
            query = query.where(*_narrowed(ATTRIBUTES[name], key))
    return query


def _joined(query: Select[Any], level: str) -> Select[Any]:
    query = query.join(Study, Study.patient_row == Patient.id)
    order: list[Any] = [Study.received_at.desc(), Study.id.desc()]
    if level in ("SERIES", "IMAGE"):
        query = query.join(Series, Series.study_id == Study.id).where(has_images())
        order += [Series.number, Series.id]
    if level == "IMAGE":
        query = query.join(Instance, Instance.series_id == Series.id).where(~Instance.rejected)
        query = query.add_columns(Instance.damaged.label("_damaged"))
        order += [Instance.number, Instance.id]
    return query.order_by(*order)


def _narrowed(attribute: Attribute, key: str) -> Iterator[ColumnElement[bool]]:
    """Yield what the database can say of a key; Python says the last word on each row."""
    if attribute.vr == "UI":
        yield attribute.column.in_([one.strip(" \0") for one in key.split(SEVERAL)])
    elif attribute.vr == "DA" and len(key) in (8, 9, 17):
        first, dash, last = key.partition("-")
        date = date_digits(attribute.column)
        yield date >= (first or "0")
        yield date <= ((last or "99999999") if dash else first)
    elif attribute.vr in ("CS", "SH", "LO") and not has_wildcard(attribute.vr, key) and SEVERAL not in key:
        yield attribute.column == key.strip(" \0")


def date_digits(column: Any) -> ColumnElement[str]:
    """Return a column of dates without what parts them: rows of old stand as their devices wrote them."""
    return func.replace(func.replace(column, ".", ""), "-", "")


def _read(row: Mapping[Any, Any]) -> Match:
    read: Match = {str(name): "" if value is None else value for name, value in row.items()}
    read |= {name: plain_date(read[name]) for name in read if name in DATES}
    read["PatientName"] = full_name(read["PatientName"], bytes(read.pop("_raw") or b""))
    return read


def _fits(row: Match, asked: Mapping[str, str]) -> bool:
    return all(
        matches(ATTRIBUTES[name].vr, key, str(row[name])) for name, key in asked.items() if name in ATTRIBUTES
    )


def _gathered_fit(row: Match, asked: Mapping[str, str]) -> bool:
    for name, key in asked.items():
        if name in GATHERED and not matches(GATHERED_VR[name], key, SEVERAL.join(row[name])):
            return False
        if name in COUNTS and not matches("IS", key, str(row[name])):
            return False
    return True


def _add_extras(session: Session, level: str, rows: Sequence[Match], names: Sequence[str]) -> None:
    ids = [row["_row"] for row in rows]
    for name in names if ids else ():
        values = _counted(session, name, ids) if name in COUNTS else _gathered(session, name, ids)
        none: Any = 0 if name in COUNTS else []
        for row in rows:
            row[name] = values.get(row["_row"], none)


def _counted(session: Session, name: str, ids: Sequence[int]) -> dict[int, Any]:
    level, parent, count = COUNTS[name]
    query = select(parent, count).select_from(Series).join(Instance, Instance.series_id == Series.id)
    query = query.where(~Instance.rejected)
    if level == "PATIENT":
        query = query.join(Study, Study.id == Series.study_id).where(answered())
    return {row[0]: row[1] for row in session.execute(query.where(parent.in_(ids)).group_by(parent))}


def _gathered(session: Session, name: str, ids: Sequence[int]) -> dict[int, Any]:
    column = GATHERED[name]
    query = select(Series.study_id, column).join(Instance, Instance.series_id == Series.id)
    query = query.where(~Instance.rejected)
    values: dict[int, Any] = {}
    for study_id, value in session.execute(query.where(Series.study_id.in_(ids)).distinct().order_by(column)):
        values.setdefault(study_id, []).append(value)
    return values


def is_range(keyword: str) -> bool:
    """Tell whether an attribute of the index is a date or a time."""
    return keyword in ATTRIBUTES and ATTRIBUTES[keyword].vr in RANGE_VRS


def is_number(keyword: str) -> bool:
    """Tell whether an attribute's value is a number."""
    return keyword in COUNTS or (keyword in ATTRIBUTES and ATTRIBUTES[keyword].vr in NUMBER_VRS)
