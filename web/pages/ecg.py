"""The ECG of an instance, drawn to scale by the renderer that prints it too."""

from flask import Blueprint, Response, abort, request
from sqlalchemy import select

from dicom.errors import NotAnEcg, Unreadable
from dicom.load import load_dataset
from dicom.waveform import ecg_record
from hub.errors import NotYours
from hub.report.ecg_style import EcgStyle
from hub.report.ecg_svg import ecg_svg
from hub.store.tables import Instance, Study
from web.access import needs, study_for, the_store
from web.dicomweb.objects import Damaged, sound_file
from web.dicomweb.wado import damaged
from web.faults import Answer, fault
from web.language import chosen_language
from web.pictures import note_pictures

pages = Blueprint("ecg", __name__)
pages.register_error_handler(Damaged, damaged)


@pages.get("/studies/<int:study_id>/ecg.svg")
@needs("worklist")
def ecg(study_id: int) -> Response:
    """Draw one recording; layout, speed (mm/s) and gain (mm/mV) are those the renderer offers."""
    style = _style()
    study, instance = _instance(study_id, request.args.get("instance", ""))
    file = sound_file(instance)
    note_pictures(study)
    svg = ecg_svg(ecg_record(load_dataset(file)), style)
    return Response(svg, mimetype="image/svg+xml")


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
            language=chosen_language(),
        )
    except ValueError:
        abort(400)


def _instance(study_id: int, uid: str) -> tuple[Study, Instance]:
    with the_store().reading() as session:
        study = study_for(session, study_id)
        asked = select(Instance).where(Instance.study_id == study.id)
        found = session.scalar(asked.where(Instance.sop_instance_uid == uid) if uid else asked)
        if found is None:
            raise NotYours(f"instance:{uid[:64]}")
        return study, found
