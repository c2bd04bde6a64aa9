"""Writes what a model said as a DICOM SR, once per reading."""

from dicom.write.reading_sr import reading_sr
from dicom.write.source import Naming
from hub.domain.finding import reading_from
from hub.domain.uid import uid_from
from hub.store.errands import Task
from hub.store.made import add_made, made_for_pre_read
from hub.store.tables import Instance, PreRead, Study
from workers.desk import Desk, Done
from workers.making.keep import keep_made
from workers.making.sources import reference_to, source_study

KIND = "write-reading"
QUEUE = "post"

#: Series number of the models' own SRs in a study.
READING_SERIES = 8000


def work(desk: Desk, task: Task) -> Done:
    """Make the SR of an assessed reading and keep it; a second attempt finds it made."""
    with desk.store.reading() as session:
        if made_for_pre_read(session, task.subject_id) is not None:
            return Done()
        row = session.get_one(PreRead, task.subject_id)
        instance = session.get_one(Instance, row.instance_id)
        source = source_study(session, session.get_one(Study, row.study_id))
        read = reference_to(session, instance)
    naming = Naming(
        row.sr_uid, uid_from(row.sr_uid, "series"), row.made_at.astimezone(desk.settings.zone), READING_SERIES
    )
    made = keep_made(
        desk.store, reading_sr(reading_from(row.reading), source, read, naming), "reading-sr", row.study_id
    )
    made.pre_read_id = row.id
    return Done(lambda session: add_made(session, [made]))
