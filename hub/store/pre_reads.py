"""Keeping what the models said: one reading in effect per instance, late ones marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, exists, func, insert, or_, select
from sqlalchemy.orm import Session

from hub.domain.finding import Reading
from hub.domain.study import REPORTED
from hub.domain.threshold import SiteThreshold
from hub.store.engine import now
from hub.store.errands import write_errands
from hub.store.studies import BYSTANDERS
from hub.store.tables import Change, Instance, PreRead, Series, Study
from hub.store.thresholds import thresholds_of

#: Reasons that are a fault of the hub's and not of what was to be read.
FAULTS = ("failed:", "weights-", "card-", "code-")
#: The instance to put before the models once a study has arrived; null where there is none, or a reading.
FIRST_TO_READ = (
    select(Instance.id)
    .join(Series, Series.id == Instance.series_id)
    .where(
        Instance.study_id == Study.id, and_(*(Series.modality != one for one in BYSTANDERS)),
        ~Instance.rejected,
        ~exists().where(PreRead.study_id == Study.id, PreRead.in_effect),
    )
    .order_by(Series.number, Instance.number, Instance.id)
    .limit(1)
    .correlate(Study)
    .scalar_subquery()
)  # fmt: skip
#: Instance, what was said of it, and the UID of its SR.
Said = tuple[int, Reading, str]


def reading_in_effect(session: Session, instance_id: int) -> PreRead | None:
    """Return the reading that counts for an instance."""
    return session.scalar(select(PreRead).where(PreRead.instance_id == instance_id, PreRead.in_effect))


@dataclass(frozen=True)
class Unread:
    """An instance to be read: where its file is, and the thresholds that its site set for itself."""

    file_key: str
    thresholds: Mapping[str, SiteThreshold]


def unread(session: Session, instance_ids: Sequence[int]) -> dict[int, Unread]:
    """Return those instances that have no reading in effect, by their ids."""
    rows = session.execute(
        select(Instance.id, Instance.file_key, Instance.site_id)
        .outerjoin(PreRead, (PreRead.instance_id == Instance.id) & PreRead.in_effect)
        .where(Instance.id.in_(instance_ids), PreRead.id.is_(None))
    )
    found = rows.all()
    own = thresholds_of(session, {row.site_id for row in found})
    return {row.id: Unread(row.file_key, own.get(row.site_id, {})) for row in found}


def keep_reading(session: Session, instance: Instance, reading: Reading, sr_uid: str) -> PreRead | None:
    """Keep one reading as `keep_readings` does and return its row; None where the instance has one."""
    (kept,) = keep_readings(session, [(instance.id, reading, sr_uid)]) or (None,)
    return None if kept is None else session.get_one(PreRead, kept)


def keep_readings(session: Session, said: Sequence[Said]) -> list[int]:
    """Insert each reading unless its instance has one in effect, with what follows; return the row ids.

    A reading that comes after the report was signed is kept as late and changes nothing else.
    """
    about = _about(session, [instance_id for instance_id, _reading, _uid in said])
    news = {instance_id: (reading, uid) for instance_id, reading, uid in said if instance_id in about}
    rows = [_row(about[instance_id], *told) for instance_id, told in news.items()]
    if not rows:
        return []
    kept = session.execute(insert(PreRead).returning(PreRead.id, PreRead.assessed), rows).all()
    write_errands(session, "write-reading", [row.id for row in kept if row.assessed])
    write_errands(session, "draw", [instance_id for instance_id in news if about[instance_id].rows])
    changed = {(row["study_id"], about[row["instance_id"]].site_id) for row in rows}
    session.execute(
        insert(Change), [{"study_id": study, "site_id": site, "at": now()} for study, site in changed]
    )
    return [row.id for row in kept]


def _about(session: Session, instance_ids: Sequence[int]) -> dict[int, Any]:
    """Return instance, study, site and state of those instances that have no reading in effect."""
    rows = session.execute(
        select(Instance.id, Instance.study_id, Instance.rows, Study.site_id, Study.state)
        .join(Study, Study.id == Instance.study_id)
        .outerjoin(PreRead, (PreRead.instance_id == Instance.id) & PreRead.in_effect)
        .where(Instance.id.in_(instance_ids), PreRead.id.is_(None))
    )
    return {row.id: row for row in rows}


def _row(about: Any, reading: Reading, sr_uid: str) -> dict[str, Any]:
    return {
        "study_id": about.study_id, "instance_id": about.id, "model": reading.model,
        "version": reading.version, "weight_digest": reading.weight_digest, "assessed": reading.assessed,
        "reason": reading.reason[:64], "reading": reading.as_json(),
        "positive": any(f.positive for f in reading.findings), "alerts": len(reading.alerts),
        "in_effect": True,
        "late": about.state in REPORTED, "milliseconds": reading.milliseconds, "sr_uid": sr_uid,
        "made_at": now(), "provider": reading.provider, "fell_back": reading.fell_back,
    }  # fmt: skip


@dataclass(frozen=True)
class Runs:
    """Readings of one kind in the last day: by which model on what, or not assessed for a fault of ours."""

    model: str
    provider: str
    fell_back: bool
    reason: str
    count: int


def runs_since_yesterday(session: Session) -> list[Runs]:
    """Return what ran the readings of the last day, and which faults kept objects from being assessed."""
    faulty = or_(*(PreRead.reason.startswith(fault) for fault in FAULTS))
    columns = (PreRead.model, PreRead.provider, PreRead.fell_back, PreRead.reason)
    rows = session.execute(
        select(*columns, func.count())
        .where(PreRead.made_at > now() - timedelta(days=1), PreRead.assessed | faulty)
        .group_by(*columns).order_by(*columns)
    )  # fmt: skip
    return [Runs(*row) for row in rows]


def instances_to_read(session: Session, study_ids: Sequence[int]) -> list[int]:
    """Return which instances to put before the models once these studies have arrived.

    A study that has a reading (or will have: its films and ECGs are read at once) needs none; any
    other is represented by its first picture, so that it is said aloud that no model reads it.
    """
    found = session.scalars(select(FIRST_TO_READ).where(Study.id.in_(study_ids)))
    return [instance_id for instance_id in found if instance_id is not None]
