"""Values that doctors set on ECGs, kept version by version; the machine's own row is never touched."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.ecg_edit import EcgEdit, machine_values, values_of
from hub.domain.finding import reading_from
from hub.domain.people import reports_on
from hub.domain.scope import Scope
from hub.errors import HubError, NotYours, Refused
from hub.store import audit
from hub.store.cases import locked_case, pre_reads_of
from hub.store.claims import OtherKind, need_claim
from hub.store.drafts import WRITABLE
from hub.store.engine import now
from hub.store.tables import EcgEdit as Row
from hub.store.tables import Instance, Study, User


class EditChanged(HubError):
    """Somebody else set values since the page read them; nothing was kept."""


@dataclass(frozen=True)
class Setting:
    """An edit of the recording with this SOPInstanceUID, over version `base` (0: there was none)."""

    instance: str
    base: int
    edit: EcgEdit


def save_edit(session: Session, scope: Scope, study_id: int, user: User, setting: Setting) -> Row:
    """Keep the edit as the next version, with its audit row; an empty one is the machine's values again.

    Raises NotYours, OtherKind, Claimed, EditChanged, and Refused when the report is signed.
    """
    study = locked_case(session, scope, study_id)
    if not reports_on(user.role, study.modality):
        raise OtherKind(f"the role {user.role} writes no reports of {study.modality} studies")
    if study.state not in WRITABLE:
        raise Refused("the values of a study that is %(state)s are not changed", state=study.state)
    need_claim(session, study, user)
    instance = _instance(session, study, setting.instance)
    last = _latest(session, instance)
    if setting.base != (last.version if last else 0):
        raise EditChanged("the values were changed by another page since this one loaded them")
    machine = _machine(session, study, setting.instance)
    row = Row(
        study_id=study.id, site_id=study.site_id, instance=instance, user=user, version=setting.base + 1,
        marks=dict(setting.edit.marks), moved=list(setting.edit.moved), typed=dict(setting.edit.typed),
        values=values_of(setting.edit, machine), machine=machine, at=now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    said = f"version {row.version}: {_changes(machine, row.values)}"
    who = {"actor": user.username, "role": user.role, "site": study.site.name}
    audit.append(session, audit.entry("ecg-edit", f"study:{study.id}", detail=said, **who))
    return row


def _instance(session: Session, study: Study, uid: str) -> Instance:
    asked = select(Instance).where(Instance.study_id == study.id, Instance.sop_instance_uid == uid)
    found = session.scalar(asked)
    if found is None:
        raise NotYours(f"instance:{uid[:64]}")
    return found


def _latest(session: Session, instance: Instance) -> Row | None:
    asked = select(Row).where(Row.instance_id == instance.id).order_by(Row.version.desc())
    return session.scalar(asked.limit(1))


def _machine(session: Session, study: Study, uid: str) -> dict[str, float | None]:
    readings = [reading_from(row.reading) for of, row in pre_reads_of(session, study.id) if of == uid]
    return machine_values(next((one for one in readings if one.measurements), None))


def _changes(machine: Mapping[str, float | None], values: Mapping[str, float]) -> str:
    told = [f"{name} {_figure(machine[name])} -> {value:g}" for name, value in values.items()]
    return "; ".join(told) or "the machine's values again"


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"
