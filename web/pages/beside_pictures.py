"""What other systems sent beside the pictures, for the reading page: drawings, chosen images, reports."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import Blueprint

from dicom.beside import key_objects, presentation_state, structured_report
from dicom.errors import DicomError
from dicom.load import load_dataset
from hub.store.cases import series_of
from hub.store.tables import Instance
from web.access import needs, study_for, the_store
from web.dicomweb.objects import sound_file
from web.pictures import note_pictures

pages = Blueprint("beside_pictures", __name__)

#: More objects than this of one study are named, not read.
MOST_OBJECTS = 60


@pages.get("/studies/<int:study_id>/beside.json")
@needs("worklist")
def beside(study_id: int) -> dict[str, Any]:
    """Return presentation states, selections and reports; an object that cannot be read is named as that."""
    with the_store().reading() as session:
        study = study_for(session, study_id)
        rows = [row for part in series_of(session, study.id) for row in part.instances]
    found: dict[str, list[Any]] = {"presentations": [], "selections": [], "documents": [], "unreadable": []}
    ours = [(row, *kind) for row in rows if (kind := _kind(row.sop_class_uid))]
    if ours:
        note_pictures(study)
    for row, name, read in ours[:MOST_OBJECTS]:
        said = _read(row, read)
        if said is None:
            found["unreadable"].append(row.sop_instance_uid)
        else:
            found[name].append(said)
    return found | {"more": max(0, len(ours) - MOST_OBJECTS)}


def _kind(sop_class_uid: str) -> tuple[str, Callable[[Any], Any]] | None:
    if sop_class_uid in presentation_state.CLASSES:
        return "presentations", presentation_state.presentation_of
    if sop_class_uid == key_objects.CLASS:
        return "selections", key_objects.selection_of
    if sop_class_uid.startswith(structured_report.REPORTS):
        return "documents", structured_report.document_of
    return None


def _read(row: Instance, read: Callable[[Any], Any]) -> dict[str, Any] | None:
    try:
        return {"uid": row.sop_instance_uid, **asdict(read(load_dataset(sound_file(row), with_pixels=False)))}
    except (DicomError, OSError):
        return None
    except Exception:  # broken elements raise whatever pydicom makes of them
        return None
