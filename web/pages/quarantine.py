"""What is set apart until a person has looked: torn studies, kept-aside re-sends, guessed names."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.domain.moves import ForbiddenMove
from hub.domain.study import noted
from hub.errors import NotYours
from hub.store import audit
from hub.store.arrivals import unflag
from hub.store.cases import within
from hub.store.errands import put_off
from hub.store.identity import release as take_out
from hub.store.moves import touch
from hub.store.tables import KeptAside, Patient, Site, Study
from web.access import entry, needs, note, person, study_for, the_store
from web.patients import day_of, years_old

pages = Blueprint("quarantine", __name__)

MOST_ROWS = 300


@pages.get("/quarantine")
@needs("quarantine")
def show() -> str:
    """List what waits for a decision at the person's sites."""
    scope = person().scope
    with the_store().reading() as session:
        studies = session.scalars(
            select(Study)
            .where(Study.state == "quarantined", within(scope, Study.site_id))
            .order_by(Study.received_at.desc())
            .limit(MOST_ROWS)
        ).all()
        aside = session.execute(
            select(KeptAside, Site)
            .join(Site, Site.id == KeptAside.site_id)
            .where(KeptAside.state.in_(("open", "comparing")), within(scope, KeptAside.site_id))
            .order_by(KeptAside.received_at.desc())
            .limit(MOST_ROWS)
        ).all()
        guessed = _guessed(session)
    note("search", "quarantine")
    return render_template(
        "quarantine.html", studies=studies, aside=aside, guessed=guessed, age=years_old, day=day_of
    )


@pages.post("/quarantine/<int:study_id>/release")
@needs("quarantine")
def release(study_id: int) -> Response:
    """Release a study into the worklist; rejecting it, with a reason, is a page of its own."""
    try:
        with the_store().writing() as session:
            study = study_for(session, study_id)
            take_out(session, study)
            study.note = noted(study.note, "released")
            put_off(session, "settle", study.id, 0)
            row = entry("quarantine", f"study:{study_id}", "quarantine-released", site=study.site.name)
            audit.append(session, row)
    except ForbiddenMove:
        flash(_("该检查已不在隔离区。"), "warn")
    else:
        flash(_("已解除隔离。"), "ok")
    return redirect("/quarantine", 303)


@pages.post("/kept-aside/<int:aside_id>/dismiss")
@needs("quarantine")
def dismiss(aside_id: int) -> Response:
    """Close a kept-aside re-send that a person has looked at; its bytes stay."""
    with the_store().writing() as session:
        where = (KeptAside.id == aside_id, within(person().scope, KeptAside.site_id))
        row = session.scalar(select(KeptAside).where(*where))
        if row is None:
            raise NotYours(f"kept-aside:{aside_id}")
        changed = session.execute(
            update(KeptAside)
            .where(KeptAside.id == aside_id, KeptAside.state == "open")
            .values(state="dismissed")
        )
        if changed.rowcount:  # type: ignore[attr-defined]
            unflag(session, row)
            site = session.get_one(Site, row.site_id).name
            audit.append(session, entry("quarantine", f"kept-aside:{aside_id}", "dismissed", site=site))
    return redirect("/quarantine", 303)


@pages.post("/patients/<int:patient_id>/confirm-name")
@needs("quarantine")
def confirm_name(patient_id: int) -> Response:
    """Confirm a guessed name: the question mark goes; the received bytes stay as they were."""
    who = person()
    with the_store().writing() as session:
        patient = session.get(Patient, patient_id)
        if patient is None or not who.scope.covers(patient.site_id):
            raise NotYours(f"patient:{patient_id}")
        shown = request.form.get("name", "")
        if shown != patient.name:
            abort(409)
        patient.name_confirmed_by = who.id
        for study in session.scalars(select(Study).where(Study.patient_row == patient_id)):
            touch(session, study)
        site = session.get_one(Site, patient.site_id).name
        audit.append(session, entry("quarantine", f"patient:{patient_id}", "name-confirmed", site=site))
    flash(_("姓名已确认。"), "ok")
    return redirect("/quarantine", 303)


def _guessed(session: Session) -> list[tuple[Patient, Site]]:
    rows = session.execute(
        select(Patient, Site)
        .join(Site, Site.id == Patient.site_id)
        .where(
            Patient.name_guessed, Patient.name_confirmed_by.is_(None), within(person().scope, Patient.site_id)
        )
        .order_by(Patient.id.desc())
        .limit(MOST_ROWS)
    )
    return [(patient, site) for patient, site in rows]
