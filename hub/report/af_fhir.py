"""Atrial fibrillation that was found, as a FHIR R4 collection for chronic-disease follow-up.

HL7 FHIR R4 (4.0.1): Bundle, Patient, Condition, DiagnosticReport. Codes are SNOMED CT and LOINC.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from hub.domain.atrial_fibrillation import KINDS
from hub.store.af_found import AfFound
from hub.store.tables import Patient

SNOMED, LOINC = "http://snomed.info/sct", "http://loinc.org"
TERMS = "http://terminology.hl7.org/CodeSystem/"
#: "EKG study".
EKG_STUDY = "11524-6"
GENDERS = {"M": "male", "F": "female", "O": "other"}
STATUS = {"confirmed": "confirmed", "unclear": "provisional"}


def af_bundle(found: Sequence[AfFound], at: datetime) -> dict[str, Any]:
    """Return the collection of what was found, as of the instant `at`.

    Each patient is in it once, with a Condition for each kind and a DiagnosticReport for each study. The same
    things have the same addresses in every collection.
    """
    patients = {one.study.patient.id: _patient(one) for one in found}
    entries = [_entry(patient) for patient in patients.values()]
    for one in found:
        entries += [_entry(_report(one)), *(_entry(_condition(one, kind)) for kind in one.kinds)]
    return {"resourceType": "Bundle", "type": "collection", "timestamp": _instant(at), "entry": entries}


def _patient(one: AfFound) -> dict[str, Any]:
    patient, site = one.study.patient, one.study.site
    number = {"system": f"urn:uuid:{_id('site', site.name)}", "value": patient.patient_id or "",
              "assigner": {"display": site.label}}  # fmt: skip
    said: dict[str, Any] = {
        "resourceType": "Patient", "id": _id("patient", site.name, str(patient.id)),
        "name": [{"text": patient.name}], "gender": GENDERS.get(patient.sex, "unknown"),
    }  # fmt: skip
    if patient.patient_id:
        said["identifier"] = [number]
    born = _born(patient)
    return said | ({"birthDate": born} if born else {})


def _condition(one: AfFound, kind: str) -> dict[str, Any]:
    _words, code, display = KINDS[kind]
    return {
        "resourceType": "Condition", "id": _id("condition", one.study.study_instance_uid, kind),
        "clinicalStatus": _code(TERMS + "condition-clinical", "active"),
        "verificationStatus": _code(TERMS + "condition-ver-status", STATUS[one.kinds[kind]]),
        "category": [_code(TERMS + "condition-category", "encounter-diagnosis")],
        "code": _code(SNOMED, code, display),
        "subject": _reference(_patient(one)),
        "recordedDate": _instant(one.at),
        "evidence": [{"detail": [_reference(_report(one))]}],
    }  # fmt: skip


def _report(one: AfFound) -> dict[str, Any]:
    study = one.study
    return {
        "resourceType": "DiagnosticReport", "id": _id("report", study.study_instance_uid),
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{study.study_instance_uid}"}],
        "status": _status(one),
        "code": _code(LOINC, EKG_STUDY, "EKG study"),
        "subject": _reference(_patient(one)),
        "issued": _instant(one.at),
        "performer": [{"display": study.site.label}],
        "resultsInterpreter": [{"display": one.doctor}],
        "conclusion": one.words,
        "conclusionCode": [_code(SNOMED, *KINDS[kind][1:]) for kind in one.kinds],
    } | _day(study.study_date)  # fmt: skip


def _status(one: AfFound) -> str:
    """What only a second reader states is no signed report yet."""
    if one.re_read:
        return "preliminary"
    return "amended" if one.report.version > 1 else "final"


def _day(text: str) -> dict[str, str]:
    digits = text.replace("-", "").replace(".", "")
    valid = len(digits) == 8 and digits.isascii() and digits.isdigit()
    return {"effectiveDateTime": f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"} if valid else {}


def _born(patient: Patient) -> str:
    return _day(patient.birth_date).get("effectiveDateTime", "")


def _code(system: str, code: str, display: str = "") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code} | ({"display": display} if display else {})]}


def _reference(resource: dict[str, Any]) -> dict[str, str]:
    return {"reference": f"urn:uuid:{resource['id']}"}


def _entry(resource: dict[str, Any]) -> dict[str, Any]:
    return {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}


def _id(*parts: str) -> str:
    return str(uuid5(NAMESPACE_URL, "urn:readhub:" + ":".join(parts)))


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
