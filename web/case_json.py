"""A case as the reading page's script reads it."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from ai_models.reasons import reason_text
from dicom.ecg_files.ways import WAYS
from dicom.ecg_files.wrap import is_wrapped
from dicom.facts import kind_of
from hub.domain.ecg_edit import amended
from hub.domain.finding import Measurement, reading_from
from hub.domain.people import may, reports_on
from hub.domain.report import ReportText
from hub.domain.study import READABLE
from hub.domain.suggestion import suggestion
from hub.domain.templates import Template, normal_text
from hub.store.cases import Case, Prior, SeriesPart
from hub.store.claims import is_stale
from hub.store.drafts import WRITABLE, SavedDraft, saved
from hub.store.tables import Claim, EcgEdit, Instance, PreRead, Report, Study
from web.access import Person
from web.language import chosen_language
from web.patients import day_of, is_guessed, years_old
from web.words import notes_of, refusal_words


def case_json(case: Case, who: Person) -> dict[str, Any]:
    """Return what the page draws, but for what depends on the log-in: `shown`, `signing`, `next`."""
    study = case.study
    return {
        "study": _study(study),
        "patient": _patient(study),
        "arriving": _arriving(study),
        "series": [_series(part) for part in case.series],
        "preReads": [_pre_read(uid, row) for uid, row in case.pre_reads],
        "priors": [_prior(prior) for prior in case.priors],
        "draft": draft_json(saved(case.draft) if case.draft else None),
        "suggestion": suggestion_json(case),
        "template": _words(normal_text(case.templates)),
        "templates": [_template(one) for one in case.templates],
        "claim": claim_json(case.claim, who),
        "ecgEdits": [edit_json(edit) for edit in case.ecg_edits],
        "reports": [_report(report) for report in case.reports],
        "rights": rights(study, case.claim, who),
        "user": {"name": who.name, "username": who.username},
    }  # fmt: skip


def draft_json(draft: SavedDraft | None) -> dict[str, Any]:
    """Return the draft; version 0 where there is none yet."""
    text = draft.text if draft else ReportText("", "")
    return {
        "version": draft.version if draft else 0, **asdict(text),
        "savedAt": instant(draft.saved_at if draft else None), "by": draft.by if draft else None,
    }  # fmt: skip


def claim_json(claim: Claim | None, who: Person) -> dict[str, Any] | None:
    """Return who is reading the study."""
    if claim is None:
        return None
    return {
        "by": claim.user.display_name, "mine": claim.user_id == who.id, "since": instant(claim.since),
        "stale": is_stale(claim),
    }  # fmt: skip


def suggestion_json(case: Case) -> dict[str, str] | None:
    """Return the draft text that the models suggest; None when they suggest nothing."""
    edited = {edit.instance.sop_instance_uid: edit.values for edit in case.ecg_edits}
    readings = [(uid, reading_from(row.reading)) for uid, row in case.pre_reads]
    found = suggestion([amended(reading, edited.get(uid, {})) for uid, reading in readings])
    if found is None:
        return None
    text = found.text
    return {
        "findings": text.findings, "impression": text.impression, "advice": text.advice,
        "source": found.source,
    }  # fmt: skip


def edit_json(edit: EcgEdit) -> dict[str, Any]:
    """Return what a doctor set on one recording, with what the machine said then."""
    return {
        "instance": edit.instance.sop_instance_uid, "version": edit.version, "marks": edit.marks,
        "moved": edit.moved, "typed": edit.typed, "values": edit.values, "machine": edit.machine,
        "by": edit.user.display_name, "at": instant(edit.at),
    }  # fmt: skip


def rights(study: Study, claim: Claim | None, who: Person) -> dict[str, Any]:
    """Return what this person may do with the study now, and the first reason why not."""
    reason, own = "", who.scope.covers(study.site_id)
    mine = may(who.role, "read") and reports_on(who.role, study.modality)
    if not own:
        reason = refusal_words("shared")
    elif not may(who.role, "read"):
        reason = refusal_words("no-write")
    elif not mine:
        reason = refusal_words("other-kind")
    elif study.state not in READABLE:
        reason = refusal_words(study.state)
    elif claim is not None and claim.user_id != who.id:
        reason = _("%(name)s 正在阅片。", name=claim.user.display_name)
    free = claim is None or claim.user_id == who.id
    write = own and study.state in WRITABLE and mine and free
    sign = not reason and may(who.role, "sign")
    return {"write": write, "sign": sign and who.signs, "handOver": not reason, "why": reason}


def instant(at: datetime | None) -> str | None:
    """Return a UTC instant in ISO 8601."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


def _study(study: Study) -> dict[str, Any]:
    return {
        "id": study.id, "state": study.state, "studyInstanceUID": study.study_instance_uid,
        "description": study.description, "modality": study.modality, "bodyPart": study.body_part,
        "date": day_of(study.study_date), "accession": study.accession, "priority": study.priority,
        "receivedAt": instant(study.received_at), "site": study.site.name, "siteLabel": study.site.label,
        "history": study.history, "note": "，".join(notes_of(study)),
    }  # fmt: skip


def _patient(study: Study) -> dict[str, Any]:
    patient = study.patient
    return {
        "name": patient.name, "guessed": is_guessed(patient), "patientID": patient.patient_id or "",
        "sex": patient.sex, "birthDate": day_of(patient.birth_date), "age": years_old(study),
    }  # fmt: skip


def _arriving(study: Study) -> dict[str, Any] | None:
    if study.state != "arriving":
        return None
    return {"received": study.instances, "expected": study.expected_instances}


def _series(part: SeriesPart) -> dict[str, Any]:
    series = part.series
    return {
        "seriesInstanceUID": series.series_instance_uid, "number": series.number,
        "description": series.description, "modality": series.modality,
        "instances": [_instance(instance) for instance in part.instances],
    }  # fmt: skip


def _instance(row: Instance) -> dict[str, Any]:
    return {
        "sopInstanceUID": row.sop_instance_uid, "sopClassUID": row.sop_class_uid, "number": row.number,
        "rows": row.rows, "columns": row.columns, "frames": row.frames,
        "kind": kind_of(row.sop_class_uid, row.rows), "damaged": row.damaged,
        "view": row.view_position,
        "original": row.calling_ae in WAYS and is_wrapped(row.sop_instance_uid),
    }  # fmt: skip


def _pre_read(uid: str, row: PreRead) -> dict[str, Any]:
    return {
        "instance": uid, "model": row.model, "version": row.version, "assessed": row.assessed,
        "reason": row.reason, "reasonText": reason_text(row.reason, chosen_language()),
        "findings": row.reading.get("findings", []),
        "measurements": [_measurement(measured) for measured in reading_from(row.reading).measurements],
        "late": row.late, "at": instant(row.made_at),
        "alerts": row.reading.get("alerts", []), "remarks": row.reading.get("remarks", []),
        "statements": row.reading.get("statements", []),
        "unchecked": [_unchecked(rule, why) for rule, why in row.reading.get("unchecked", [])],
    }  # fmt: skip


def _unchecked(rule: str, why: str) -> dict[str, str]:
    return {"rule": rule, "reason": reason_text(why, chosen_language())}


def _measurement(one: Measurement) -> dict[str, Any]:
    return {**vars(one), "reasonText": reason_text(one.reason, chosen_language()) if one.reason else ""}


def _prior(prior: Prior) -> dict[str, Any]:
    study = prior.study
    return {
        "id": study.id, "date": day_of(study.study_date), "modality": study.modality,
        "description": study.description, "state": study.state, "impression": prior.impression,
        "findings": prior.findings,
    }  # fmt: skip


def _words(text: ReportText) -> dict[str, str]:
    return {"findings": text.findings, "impression": text.impression, "advice": text.advice}


def _template(one: Template) -> dict[str, str]:
    return {"kind": one.kind, "title": one.title, "shortcut": one.shortcut, **_words(one.text)}


def _report(report: Report) -> dict[str, Any]:
    return {
        "version": report.version, "kind": report.kind, "signer": report.signer_name,
        "signedAt": instant(report.signed_at), "findings": report.findings,
        "impression": report.impression, "advice": report.advice, "addendum": report.addendum,
        "digest": report.digest, "pdf": f"/studies/{report.study_id}/reports/{report.version}.pdf",
    }  # fmt: skip
