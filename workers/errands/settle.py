"""Counts a study as arrived when its sender has gone or been quiet long enough."""

from sqlalchemy.orm import Session

from hub.store.errands import Task, write_errand
from hub.store.moves import can_move, move_study
from hub.store.pre_reads import instances_to_read
from hub.store.tables import Study
from workers.desk import Desk, Done

KIND = "settle"
QUEUE = "post"


def work(desk: Desk, task: Task) -> Done:
    """Move the study to "ready" and put before the models what was not read on arrival."""

    def record(session: Session) -> None:
        study = session.get_one(Study, task.subject_id)
        if can_move(study, "arrival-settled"):
            move_study(session, study, "arrival-settled")
        for instance_id in instances_to_read(session, study.id):
            write_errand(session, "pre-read", instance_id)

    return Done(record)
