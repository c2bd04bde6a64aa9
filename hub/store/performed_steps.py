"""Performed procedure steps: what a device says it does and has made, and what a study still waits for."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub.domain.moves import next_state
from hub.domain.order import PATIENCE_SECONDS, RETRY_SECONDS, STEP_MOVES
from hub.errors import NotYours, Refused
from hub.store.engine import now
from hub.store.errands import put_off
from hub.store.moves import can_move, move_study, touch
from hub.store.orders import move_order, order_of
from hub.store.tables import ExamOrder, Instance, PerformedStep, Study
from hub.store.untaken import untaken_of, with_untaken

#: Seconds after which a study is looked at again while instances that a device listed are missing.
LOOK_AGAIN_SECONDS = 60.0
ORDER_EVENTS = {"COMPLETED": "step-completed", "DISCONTINUED": "step-discontinued"}


@dataclass(frozen=True)
class Started:
    """What a device says when it begins."""

    sop_instance_uid: str
    study_instance_uid: str
    accession: str
    modality: str
    calling_ae: str


class Duplicate(Refused):
    """There is a step under this SOP Instance UID already."""


class Ended(Refused):
    """The step is over and is not changed any more."""


def start_step(session: Session, site_id: int, said: Started) -> PerformedStep:
    """Insert a step in progress: its order is begun, and a study that is ready counts as arriving again.

    Raises Duplicate.
    """
    if _step(session, site_id, said.sop_instance_uid) is not None:
        raise Duplicate("there is a step under this SOP Instance UID already")
    order = order_of(session, site_id, said.study_instance_uid, said.accession)
    step = PerformedStep(
        site_id=site_id, order_id=order.id if order else None, sop_instance_uid=said.sop_instance_uid,
        study_instance_uid=said.study_instance_uid, calling_ae=said.calling_ae, modality=said.modality,
        state="IN PROGRESS", expected=[], started_at=now(),
    )  # fmt: skip
    session.add(step)
    _move_order(session, order, "step-started")
    for study in _studies(session, site_id, said.study_instance_uid):
        if can_move(study, "step-started"):
            move_study(session, study, "step-started")
    session.flush()
    return step


def update_step(
    session: Session, site_id: int, sop_instance_uid: str, state: str, expected: Sequence[str] | None
) -> PerformedStep:
    """Take what a device says of its step. Raises NotYours for an unknown one, Ended for one that is over."""
    step = _step(session, site_id, sop_instance_uid)
    if step is None:
        raise NotYours(f"step:{sop_instance_uid}")
    if step.state != "IN PROGRESS":
        raise Ended(f"this step is {step.state} and is not changed any more")
    values: dict[str, object] = {"state": next_state(STEP_MOVES, step.state, state or step.state)}
    if expected is not None:
        values["expected"] = list(expected)
    if values["state"] != "IN PROGRESS":
        values["ended_at"] = now()
    _guarded(session, step, values)
    if step.state != "IN PROGRESS":
        _end(session, step)
    return step


def expected_of(session: Session, site_id: int, study_instance_uid: str) -> frozenset[str]:
    """Return the instances that completed steps of a study list."""
    listed = session.scalars(
        select(PerformedStep.expected).where(
            PerformedStep.site_id == site_id, PerformedStep.study_instance_uid == study_instance_uid,
            PerformedStep.state == "COMPLETED",
        )
    )  # fmt: skip
    return frozenset(uid for uids in listed for uid in uids)


def seconds_to_wait(session: Session, study: Study) -> float:
    """Return for how long a study still waits for what its devices announced or sent; 0 when it need not.

    One that is read already, or waits for a person, waits for nothing: it is only said what it lacks.
    A step in progress, listed instances that are missing, and those that could not be taken are waited for;
    not for ever, though: a device that says nothing more holds up no patient.
    """
    if not can_move(study, "arrival-settled"):
        return 0.0
    quiet = (now() - study.last_instance_at).total_seconds()
    patience = 0.0
    if _in_progress(session, study) or _not_held(session, study, _listed(session, study)):
        patience = PATIENCE_SECONDS
    elif missing_of(session, study):
        patience = RETRY_SECONDS
    return max(0.0, min(LOOK_AGAIN_SECONDS, patience - quiet))


def awaiting(session: Session, site_id: int, study_instance_uids: Sequence[str]) -> frozenset[str]:
    """Return which of these studies of a site may lack something: announced by a device, or not taken."""
    return _announced(session, site_id, study_instance_uids) | with_untaken(
        session, site_id, study_instance_uids
    )


def _announced(session: Session, site_id: int, study_instance_uids: Sequence[str]) -> frozenset[str]:
    asked = select(PerformedStep.study_instance_uid).where(
        PerformedStep.site_id == site_id, PerformedStep.study_instance_uid.in_(study_instance_uids)
    )
    return frozenset(session.scalars(asked))


def missing_of(session: Session, study: Study) -> frozenset[str]:
    """Return the instances that are not here, of those that a device listed or that could not be taken."""
    untaken = untaken_of(session, study.site_id, study.study_instance_uid)
    return _not_held(session, study, _listed(session, study) | untaken)


def _listed(session: Session, study: Study) -> frozenset[str]:
    return expected_of(session, study.site_id, study.study_instance_uid)


def _not_held(session: Session, study: Study, expected: frozenset[str]) -> frozenset[str]:
    if not expected:
        return frozenset()
    held = session.scalars(select(Instance.sop_instance_uid).where(Instance.study_id == study.id))
    return expected - set(held)


def _in_progress(session: Session, study: Study) -> bool:
    asked = select(PerformedStep.id).where(
        PerformedStep.site_id == study.site_id, PerformedStep.state == "IN PROGRESS",
        PerformedStep.study_instance_uid == study.study_instance_uid,
    )  # fmt: skip
    return session.scalar(asked.limit(1)) is not None


def _step(session: Session, site_id: int, sop_instance_uid: str) -> PerformedStep | None:
    return session.scalar(
        select(PerformedStep).where(
            PerformedStep.site_id == site_id, PerformedStep.sop_instance_uid == sop_instance_uid
        )
    )


def _end(session: Session, step: PerformedStep) -> None:
    order = session.get(ExamOrder, step.order_id) if step.order_id else None
    _move_order(session, order, ORDER_EVENTS[step.state])
    count = len(expected_of(session, step.site_id, step.study_instance_uid))
    for study in _studies(session, step.site_id, step.study_instance_uid):
        study.expected_instances = count or None
        put_off(session, "settle", study.id, 0)
        touch(session, study)


def _move_order(session: Session, order: ExamOrder | None, event: str) -> None:
    """What a device does is taken as it is; an order that was cancelled meanwhile stays cancelled."""
    if order is not None:
        try:
            move_order(session, order, event)
        except Refused:
            return


def _guarded(session: Session, step: PerformedStep, values: dict[str, object]) -> None:
    session.flush()
    changed = session.execute(
        update(PerformedStep)
        .where(PerformedStep.id == step.id, PerformedStep.state == "IN PROGRESS")
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise Ended("this step was ended by somebody else")
    session.refresh(step)


def _studies(session: Session, site_id: int, study_instance_uid: str) -> Sequence[Study]:
    return session.scalars(
        select(Study).where(Study.site_id == site_id, Study.study_instance_uid == study_instance_uid)
    ).all()
