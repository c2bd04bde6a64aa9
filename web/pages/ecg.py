"""The ECG of an instance, drawn to scale by the renderer that prints it too."""

from dataclasses import replace

from flask import Blueprint, Response, abort, jsonify, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from ai_models.ecg_measure.median_beat import median_beat
from dicom.errors import Damaged, NotAnEcg, Unreadable
from dicom.load import load_dataset
from dicom.waveform import ecg_record
from hub.domain.finding import NO_P_OF_ITS_OWN, reading_from
from hub.domain.subject import EcgRecord
from hub.errors import NotYours
from hub.report.beat_svg import beat_svg
from hub.report.ecg_style import EcgStyle
from hub.report.ecg_svg import ecg_svg
from hub.store.cases import pre_reads_of
from hub.store.first_impressions import are_hidden
from hub.store.tables import Instance, Study
from web.access import needs, study_for, the_store
from web.dicomweb.objects import sound_file
from web.dicomweb.wado import damaged
from web.faults import Answer, fault
from web.language import chosen_language
from web.pictures import note_pictures

pages = Blueprint("ecg", __name__)
pages.register_error_handler(Damaged, damaged)


@pages.get("/studies/<int:study_id>/ecg.svg")
@needs("worklist")
def ecg(study_id: int) -> Response:
    """Draw one recording; layout, speed (mm/s), gain (mm/mV) and seconds across as the renderer offers."""
    style = _style()
    return Response(ecg_svg(_recording(study_id), style), mimetype="image/svg+xml")


@pages.get("/studies/<int:study_id>/beat.svg")
@needs("worklist")
def beat(study_id: int) -> Response:
    """Draw one recording's typical beat; without the measured places where the models are still hidden."""
    style = _style()
    found = median_beat(_recording(study_id))
    if found is None:
        return _no_beat()
    with the_store().reading() as session:
        hidden = are_hidden(session, study_for(session, study_id))
        without_p = _has_no_p(session, study_id, request.args.get("instance", ""))
    if hidden:
        found = replace(found, marks={})
    elif without_p:
        found = replace(found, marks={name: at for name, at in found.marks.items() if name[0] != "p"})
    return Response(beat_svg(found, style), mimetype="image/svg+xml")


def _has_no_p(session: Session, study_id: int, uid: str) -> bool:
    """Tell whether the recording's rhythm leaves no P wave to be marked."""
    rows = (row for instance, row in pre_reads_of(session, study_id) if instance == uid)
    measured = (one for row in rows for one in reading_from(row.reading).measurements)
    return any(one.name == "pr" and one.reason == NO_P_OF_ITS_OWN for one in measured)


def _no_beat() -> Response:
    response = jsonify(error="no-beat", message=_("这份记录的导联或心搏太少，得不出典型心搏。"))
    response.status_code = 422
    return response


@pages.errorhandler(NotAnEcg)
@pages.errorhandler(Unreadable)
def no_ecg(error: NotAnEcg | Unreadable) -> Answer:
    """Say why there is nothing to draw."""
    return fault(422, "no-ecg", str(error))


def _style() -> EcgStyle:
    said = request.args
    try:
        return EcgStyle(
            layout=said.get("layout", "3x4"),
            speed=float(said.get("speed", 25)),
            gain=float(said.get("gain", 10)),
            seconds=float(said.get("seconds", 10)),
            language=chosen_language(),
        )
    except ValueError:
        abort(400)


def _recording(study_id: int) -> EcgRecord:
    """Return the recording that is asked for; that it is looked at is in the audit before."""
    study, instance = _instance(study_id, request.args.get("instance", ""))
    file = sound_file(instance)
    note_pictures(study)
    return ecg_record(load_dataset(file))


def _instance(study_id: int, uid: str) -> tuple[Study, Instance]:
    with the_store().reading() as session:
        study = study_for(session, study_id)
        asked = select(Instance).where(Instance.study_id == study.id, ~Instance.rejected)
        found = session.scalar(asked.where(Instance.sop_instance_uid == uid) if uid else asked)
        if found is None:
            raise NotYours(f"instance:{uid[:64]}")
        return study, found
