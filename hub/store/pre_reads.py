"""Keeping what the models said: one reading in effect per instance, late ones marked."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.finding import Reading
from hub.domain.study import REPORTED
from hub.store.engine import now
from hub.store.errands import write_errand
from hub.store.moves import touch
from hub.store.studies import BYSTANDERS
from hub.store.tables import Instance, PreRead, Series, Study


def reading_in_effect(session: Session, instance_id: int) -> PreRead | None:
    """Return the reading that counts for an instance."""
    return session.scalar(select(PreRead).where(PreRead.instance_id == instance_id, PreRead.in_effect))


def keep_reading(session: Session, instance: Instance, reading: Reading, sr_uid: str) -> PreRead | None:
    """Insert `reading` unless the instance has one in effect; write the errand for its SR.

    A reading that comes after the report was signed is kept as late and changes nothing else.
    """
    if reading_in_effect(session, instance.id) is not None:
        return None
    study = session.get_one(Study, instance.study_id)
    row = PreRead(
        study_id=study.id, instance_id=instance.id, model=reading.model, version=reading.version,
        weight_digest=reading.weight_digest, assessed=reading.assessed, reason=reading.reason[:64],
        reading=reading.as_json(), positive=any(f.positive for f in reading.findings),
        in_effect=True, late=study.state in REPORTED, milliseconds=reading.milliseconds,
        sr_uid=sr_uid, made_at=now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    if reading.assessed:
        write_errand(session, "write-reading", row.id)
    touch(session, study)
    return row


def instances_to_read(session: Session, study_id: int) -> list[int]:
    """Return which instances to put before the models once a study has arrived.

    A study that has a reading (or will have: its films and ECGs are read at once) needs none; any
    other is represented by its first picture, so that it is said aloud that no model reads it.
    """
    rows = session.execute(
        select(Instance.id, Series.modality)
        .join(Series, Series.id == Instance.series_id)
        .where(Instance.study_id == study_id)
        .order_by(Series.number, Instance.number, Instance.id)
    ).all()
    ids = [row.id for row in rows]
    if session.scalar(select(PreRead.id).where(PreRead.instance_id.in_(ids), PreRead.in_effect).limit(1)):
        return []
    return next(([row.id] for row in rows if row.modality not in BYSTANDERS), [])
