"""Search results as DICOM JSON, from the index alone (PS3.18 tables 10.6.3-3 to 10.6.3-5)."""

from typing import Any

from hub.domain.matching import plain_date
from hub.store.tables import Instance, Series, Study
from web.dicomweb.metadata import name_in_groups, person_name

BASE = "/dicom-web"


def study_attributes(study: Study, modalities: list[str], instance_count: int) -> dict[str, Any]:
    """Return what a search for studies answers; `modalities` has one entry for each series."""
    patient = study.patient
    return {
        "00080020": _date(study.study_date), "00080030": _value("TM", study.study_time),
        "00080050": _value("SH", study.accession), "00080056": _value("CS", "ONLINE"),
        "00080061": _values("CS", [one for one in dict.fromkeys(modalities) if one]),
        "00080090": name_in_groups(study.referring), "00081030": _value("LO", study.description),
        "00081190": _value("UR", f"{BASE}/studies/{study.study_instance_uid}"),
        "00100010": person_name(patient), "00100020": _value("LO", patient.patient_id or ""),
        "00100030": _date(patient.birth_date), "00100040": _value("CS", patient.sex),
        "0020000D": _value("UI", study.study_instance_uid),
        "00200010": _value("SH", study.study_number),
        "00201206": _value("IS", len(modalities)), "00201208": _value("IS", instance_count),
    }  # fmt: skip


def series_attributes(series: Series, study: Study, instance_count: int) -> dict[str, Any]:
    """Return what a search for series answers."""
    where = f"{BASE}/studies/{study.study_instance_uid}/series/{series.series_instance_uid}"
    return {
        "00080060": _value("CS", series.modality), "0008103E": _value("LO", series.description),
        "00081190": _value("UR", where),
        "0020000D": _value("UI", study.study_instance_uid),
        "0020000E": _value("UI", series.series_instance_uid), "00200011": _value("IS", series.number),
        "00180015": _value("CS", series.body_part), "00201209": _value("IS", instance_count),
    }  # fmt: skip


def instance_attributes(instance: Instance, series: Series, study: Study) -> dict[str, Any]:
    """Return what a search for instances answers."""
    where = f"{BASE}/studies/{study.study_instance_uid}/series/{series.series_instance_uid}"
    return {
        "00080016": _value("UI", instance.sop_class_uid), "00080018": _value("UI", instance.sop_instance_uid),
        "00080056": _value("CS", "UNAVAILABLE" if instance.damaged else "ONLINE"),
        "00080060": _value("CS", series.modality),
        "00081190": _value("UR", f"{where}/instances/{instance.sop_instance_uid}"),
        "00083002": _value("UI", instance.transfer_syntax),
        "0020000D": _value("UI", study.study_instance_uid),
        "0020000E": _value("UI", series.series_instance_uid), "00200013": _value("IS", instance.number),
        "00280008": _value("IS", instance.frames), "00280010": _value("US", instance.rows or None),
        "00280011": _value("US", instance.columns or None),
    }  # fmt: skip


def more_of_study(study: Study) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return what a search answers only where it is asked for, by tag, with each keyword."""
    patient = study.patient
    return {
        "00080005": ("SpecificCharacterSet", _value("CS", "ISO_IR 192")),
        "00080020": ("StudyDate", _date(study.study_date)),
        "00080030": ("StudyTime", _value("TM", study.study_time)),
        "00080050": ("AccessionNumber", _value("SH", study.accession)),
        "00080090": ("ReferringPhysicianName", name_in_groups(study.referring)),
        "00081030": ("StudyDescription", _value("LO", study.description)),
        "00100010": ("PatientName", person_name(patient)),
        "00100020": ("PatientID", _value("LO", patient.patient_id or "")),
        "00100021": ("IssuerOfPatientID", _value("LO", patient.issuer)),
        "00100030": ("PatientBirthDate", _date(patient.birth_date)),
        "00100040": ("PatientSex", _value("CS", patient.sex)),
        "00200010": ("StudyID", _value("SH", study.study_number)),
    }  # fmt: skip


def more_of_series(series: Series) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return what a search answers of a series only where it is asked for, by tag, with each keyword."""
    return {
        "0008103E": ("SeriesDescription", _value("LO", series.description)),
        "00180015": ("BodyPartExamined", _value("CS", series.body_part)),
        "00200011": ("SeriesNumber", _value("IS", series.number)),
        "00200060": ("Laterality", _value("CS", series.laterality)),
    }  # fmt: skip


def _value(vr: str, value: str | int | None) -> dict[str, Any]:
    return {"vr": vr} if value in ("", None) else {"vr": vr, "Value": [value]}


def _date(text: str) -> dict[str, Any]:
    return _value("DA", plain_date(text))


def _values(vr: str, values: list[str]) -> dict[str, Any]:
    return {"vr": vr, "Value": values} if values else {"vr": vr}
