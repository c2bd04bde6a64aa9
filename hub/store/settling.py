"""Counting a study as arrived: it may be read, and what was not read on arrival is put before the models."""

from sqlalchemy.orm import Session

from hub.store.availability import tell_of
from hub.store.errands import write_errand
from hub.store.moves import can_move, move_study
from hub.store.performed_steps import missing_of
from hub.store.pre_reads import instances_to_read
from hub.store.tables import Study


def settle_study(session: Session, study: Study) -> None:
    """Move a study that nothing more is waited for to "ready"; what is read without some of it says so."""
    if can_move(study, "arrival-settled"):
        move_study(session, study, "arrival-settled")
        tell_of(session, study)
        if missing_of(session, study):
            study.note = study.note or "incomplete"
    for instance_id in instances_to_read(session, study.id):
        write_errand(session, "pre-read", instance_id)
