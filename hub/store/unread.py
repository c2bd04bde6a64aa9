"""Pictures that no finding model at hand may read: said so with their first row, not after a wait."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.arrival import Arrival
from hub.domain.finding import Reading
from hub.domain.uid import new_uid
from hub.store.pre_reads import keep_readings
from hub.store.tables import Instance, Study

#: SOP Class UIDs of the pictures that some model may read; None where only the models can tell.
Reach = frozenset[str] | None


def say_unread(session: Session, instance_id: int, arrival: Arrival, reach: Reach) -> None:
    """Keep "not assessed" for the first instance of a study, where it is a picture beyond every model.

    What is not decided here is put before the models when the study has arrived.
    """
    if is_beyond(arrival, reach):
        reading = Reading(
            model="", version="", weight_digest="", assessed=False, reason="out-of-scope:modality"
        )
        keep_readings(session, [(instance_id, reading, new_uid())])


def say_first_unread(session: Session, arrival: Arrival, reach: Reach) -> None:
    """The same for an instance that has its rows already; of a study that has more, nothing is said."""
    if not is_beyond(arrival, reach):
        return
    first = session.scalar(
        select(Instance.id)
        .join(Study, Study.id == Instance.study_id)
        .where(Instance.sop_instance_uid == arrival.sop_instance_uid, Study.instances == 1)
    )
    if first is not None:
        say_unread(session, first, arrival, reach)


def is_beyond(arrival: Arrival, reach: Reach) -> bool:
    """Tell whether an arrival is a picture that no model reads."""
    return reach is not None and arrival.rows > 0 and arrival.sop_class_uid not in reach
