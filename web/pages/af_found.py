"""Atrial fibrillation that a campaign's doctors found: the list, and its downloads for follow-up."""

import json
from typing import Any

from flask import Blueprint, Response, render_template
from flask_babel import gettext as _

from hub.report.af_fhir import af_bundle
from hub.report.safe_csv import safe_csv
from hub.store import audit
from hub.store.af_found import AfFound, af_found
from hub.store.campaigns import campaign_for
from hub.store.engine import now
from web.access import entry, needs, note, person, the_settings, the_store
from web.patients import day_of, sex_words, years_old
from web.words import AF_KINDS, CERTAINTIES

pages = Blueprint("af_found", __name__)


@pages.get("/screening/<int:campaign_id>/af")
@needs("screening")
def show(campaign_id: int) -> str:
    """List what was found at the person's sites."""
    with the_store().reading() as session:
        campaign = campaign_for(session, person().scope, campaign_id)
        found = af_found(session, person().scope, campaign)
    note("view", f"campaign:{campaign_id}", detail=f"af {len(found)}")
    return render_template(
        "af_found.html", campaign=campaign, found=found, age=years_old, sex=sex_words, day=day_of,
        kinds=AF_KINDS, certainties=CERTAINTIES,
    )  # fmt: skip


@pages.get("/screening/<int:campaign_id>/af.csv")
@needs("screening")
def as_csv(campaign_id: int) -> Response:
    """Download the list as a table."""
    found = _download(campaign_id, "csv")
    head = (
        _("姓名"), _("患者编号"), _("性别"), _("年龄"), _("出生日期"), _("检查日期"), _("机构"), _("心律"),
        _("确定程度"), _("心室率（次/分）"), _("诊断意见"), _("医生"), _("签发时间"), _("检查号"),
    )  # fmt: skip
    return _file(safe_csv(head, map(_row, found)), "text/csv; charset=utf-8", f"af-{campaign_id}.csv")


@pages.get("/screening/<int:campaign_id>/af.fhir.json")
@needs("screening")
def as_fhir(campaign_id: int) -> Response:
    """Download the list as a FHIR R4 Bundle."""
    bundle = af_bundle(_download(campaign_id, "fhir"), now())
    said = json.dumps(bundle, ensure_ascii=False, indent=1).encode("utf-8", "replace")
    return _file(said, "application/fhir+json; charset=utf-8", f"af-{campaign_id}.fhir.json")


def _download(campaign_id: int, what: str) -> list[AfFound]:
    """Return what is downloaded once its row is in the audit trail."""
    with the_store().reading() as session:
        campaign = campaign_for(session, person().scope, campaign_id)
        found = af_found(session, person().scope, campaign)
    listed = ",".join(str(one.study.id) for one in found)
    with the_store().writing(quietly=True) as session:
        audit.append(
            session, entry("download", f"campaign:{campaign_id}", detail=f"af {what} {listed}".strip())
        )
    return found


def _row(one: AfFound) -> tuple[Any, ...]:
    study, patient = one.study, one.study.patient
    signed = one.at.astimezone(the_settings().zone)
    return (
        patient.name, patient.patient_id, sex_words(patient), years_old(study), day_of(patient.birth_date),
        day_of(study.study_date), study.site.label, "、".join(str(AF_KINDS[kind]) for kind in one.kinds),
        CERTAINTIES[one.certainty], f"{one.rate:.0f}" if one.rate else "", one.words,
        one.doctor, signed.strftime("%Y-%m-%d %H:%M"), study.accession,
    )  # fmt: skip


def _file(body: bytes, mimetype: str, name: str) -> Response:
    return Response(
        body, mimetype=mimetype, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
