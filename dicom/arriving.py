"""From an object's header to the index's plain values, and the receipt that lets a row be rebuilt."""

from datetime import UTC, datetime
from typing import Any

from dicom.header import Header
from hub.domain.arrival import Arrival, Origin, PatientFacts, StudyFacts

#: Outcomes under which a file is kept but not shown; the receipt carries which.
ASIDE = "kept-aside-"


def arrival_of(header: Header, sop_class_uid: str, digest: str, size: int) -> Arrival:
    """Return what the index keeps of one object; `digest` is the BLAKE3 of its data set's `size` bytes."""
    return Arrival(
        sop_class_uid=sop_class_uid, sop_instance_uid=header.sop_instance_uid,
        transfer_syntax=header.transfer_syntax, digest=digest, size=size,
        patient=_patient(header), study=_study(header), number=header.instance_number,
        rows=header.rows, columns=header.columns, frames=header.frames,
        view_position=header.view_position,
    )  # fmt: skip


def receipt_of(origin: Origin, outcome: str, digest: str) -> dict[str, Any]:
    """Return what the data set does not say, to be written into the file with it.

    The digest is among it, so that a file altered later shows even when every row is lost.
    """
    aside = outcome.removeprefix(ASIDE) if outcome.startswith(ASIDE) else ""
    return {
        "site": origin.site, "calling_ae": origin.calling_ae, "called_ae": origin.called_ae,
        "received_at": origin.received_at.astimezone(UTC).isoformat(), "address": origin.address,
        "kept_aside": aside, "digest": digest,
    }  # fmt: skip


def origin_of(receipt: dict[str, Any]) -> Origin:
    """Return the origin that `receipt_of` wrote. Raises KeyError or ValueError when it did not write it."""
    return Origin(
        site=str(receipt["site"]), calling_ae=str(receipt["calling_ae"]),
        called_ae=str(receipt["called_ae"]), received_at=datetime.fromisoformat(receipt["received_at"]),
        address=str(receipt.get("address", "")),
    )  # fmt: skip


def _patient(header: Header) -> PatientFacts:
    return PatientFacts(
        patient_id=header.patient_id, issuer=header.issuer_of_patient_id, name=header.patient_name,
        name_raw=header.patient_name_raw, birth_date=header.birth_date, sex=header.sex,
    )  # fmt: skip


def _study(header: Header) -> StudyFacts:
    return StudyFacts(
        study_instance_uid=header.study_instance_uid, series_instance_uid=header.series_instance_uid,
        modality=header.modality, study_date=header.study_date, study_time=header.study_time,
        study_description=header.study_description, accession=header.accession_number,
        series_number=header.series_number, series_description=header.series_description,
        body_part=header.body_part, laterality=header.laterality, study_id=header.study_id,
        history=header.history, referring=header.referring,
    )  # fmt: skip
