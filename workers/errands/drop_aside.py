"""Removes the bytes of a re-send that said the same in another transfer syntax."""

from hub.store.errands import Task
from hub.store.tables import KeptAside
from workers.desk import Desk, Done

KIND = "drop-aside"
QUEUE = "post"


def work(desk: Desk, task: Task) -> Done:
    """Discard the file; its row stays, so that the same re-send is known again. Safe to repeat."""
    with desk.store.reading() as session:
        aside = session.get_one(KeptAside, task.subject_id)
    if aside.state == "same":
        desk.store.vault.discard(aside.file_key)
    return Done()
