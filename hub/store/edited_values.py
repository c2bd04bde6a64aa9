"""What doctors set last on each ECG of a study, for all that goes by the values."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.store.tables import EcgEdit


def edits_of(session: Session, study_id: int) -> tuple[EcgEdit, ...]:
    """Return what was set last on each recording of the study."""
    newest = select(EcgEdit.instance_id, func.max(EcgEdit.version)).group_by(EcgEdit.instance_id)
    newest = newest.where(EcgEdit.study_id == study_id)
    found = session.execute(newest).all()
    return tuple(
        session.scalars(
            select(EcgEdit).where(EcgEdit.instance_id == instance, EcgEdit.version == version)
        ).one()
        for instance, version in found
    )


def edited_values(session: Session, study_id: int) -> dict[str, dict[str, float]]:
    """Return, by SOPInstanceUID, the values that count instead of the machine's."""
    return {row.instance.sop_instance_uid: row.values for row in edits_of(session, study_id)}
