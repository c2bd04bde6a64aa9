"""Counting a study as arrived: it may be read, and what was not read on arrival is put before the models."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from hub.domain.study import noted, unnoted
from hub.store.availability import tell_of
from hub.store.errands import write_errands
from hub.store.moves import can_move, move_studies, touch
from hub.store.performed_steps import awaiting, missing_of
from hub.store.pre_reads import instances_to_read
from hub.store.tables import Study
from hub.store.untaken import count_unreadable, forget_untaken


def settle_studies(session: Session, studies: Sequence[Study], said: frozenset[str] | None = None) -> None:
    """Move studies of one site that nothing more is waited for to "ready"; one that lacks a part says so.

    `said` are those that may lack one (`performed_steps.awaiting`), for who asked already.
    """
    if not studies:
        return
    if said is None:
        said = awaiting(session, studies[0].site_id, [study.study_instance_uid for study in studies])
    arriving = [study for study in studies if can_move(study, "arrival-settled")]
    for state in sorted({study.state for study in arriving}):
        move_studies(session, [study for study in arriving if study.state == state], "arrival-settled")
    tell_of(session, arriving)
    for study in studies:
        if study.study_instance_uid in said:
            _say_what_is_missing(session, study)
            count_unreadable(session, study)
    write_errands(session, "pre-read", instances_to_read(session, [study.id for study in studies]))


def _say_what_is_missing(session: Session, study: Study) -> None:
    lacks = bool(missing_of(session, study))
    note = noted(study.note, "incomplete") if lacks else unnoted(study.note, "incomplete")
    if note != study.note:
        study.note = note
        touch(session, study)
    if not lacks:
        forget_untaken(session, study.site_id, study.study_instance_uid)
