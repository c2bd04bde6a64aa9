"""Moving a study from state to state: by what happened, guarded, and told to every open page."""

from collections.abc import Sequence

from sqlalchemy import update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from hub.domain.moves import ForbiddenMove, next_state, states_before
from hub.domain.study import STUDY_MOVES
from hub.store.engine import now
from hub.store.tables import Change, Study


def move_study(session: Session, study: Study, event: str) -> str:
    """Move `study` by `event` with a guarded UPDATE and return its new state.

    Raises ForbiddenMove when the event cannot happen to it, or somebody else moved it first.
    """
    target = next_state(STUDY_MOVES, study.state, event)
    session.flush()
    result = session.execute(
        update(Study)
        .where(Study.id == study.id, Study.state == study.state)
        .values(state=target)
        .execution_options(synchronize_session=False)
    )
    if result.rowcount != 1:  # type: ignore[attr-defined]
        raise ForbiddenMove(f"'{event}': somebody else moved the study first")
    session.refresh(study)
    touch(session, study)
    return target


def move_studies(session: Session, studies: Sequence[Study], event: str) -> None:
    """Move several studies that are in one state by `event`, with one guarded UPDATE.

    Raises ForbiddenMove when the event cannot happen to them, or somebody else moved one first.
    """
    if not studies:
        return
    (state,) = {study.state for study in studies}
    target = next_state(STUDY_MOVES, state, event)
    session.flush()
    result = session.execute(
        update(Study)
        .where(Study.id.in_([study.id for study in studies]), Study.state == state)
        .values(state=target)
        .execution_options(synchronize_session=False)
    )
    if result.rowcount != len(studies):  # type: ignore[attr-defined]
        raise ForbiddenMove(f"'{event}': somebody else moved a study first")
    for study in studies:
        set_committed_value(study, "state", target)
        touch(session, study)


def can_move(study: Study, event: str) -> bool:
    """Tell whether `event` may happen to `study` now."""
    return study.state in states_before(STUDY_MOVES, event)


def touch(session: Session, study: Study) -> None:
    """Tell open pages that `study` looks different now."""
    session.add(Change(study_id=study.id, site_id=study.site_id, at=now()))
