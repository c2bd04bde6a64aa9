"""Which instances a retrieval is about: by unique keys, of what may be seen, and only what is whole."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.scope import Scope
from hub.store.tables import Instance, Patient, Series, Study
from hub.store.visible import answered, visible

UNIQUE_KEYS = {
    "PatientID": Patient.patient_id, "StudyInstanceUID": Study.study_instance_uid,
    "SeriesInstanceUID": Series.series_instance_uid, "SOPInstanceUID": Instance.sop_instance_uid,
}  # fmt: skip


def instances_under(session: Session, scope: Scope, keys: Mapping[str, Sequence[str]]) -> list[Instance]:
    """Return the instances under these unique keys, each with any of its values, in order."""
    asked = (
        select(Instance)
        .join(Series, Series.id == Instance.series_id)
        .join(Study, Study.id == Instance.study_id)
        .join(Patient, Patient.id == Study.patient_row)
        .where(answered(), visible(scope), ~Instance.rejected)
        .order_by(Study.id, Series.number, Series.id, Instance.number, Instance.id)
    )
    for name, values in keys.items():
        asked = asked.where(UNIQUE_KEYS[name].in_(values))
    return list(session.scalars(asked))
