"""Writes a study's marks as a DICOM SR and its key images as a Key Object Selection, once per saved state."""

from dicom.write.key_images import key_images_object
from dicom.write.marks_sr import marks_sr
from dicom.write.source import Naming
from hub.domain.mark import key_images_from, marks_from
from hub.domain.uid import uid_from
from hub.store.errands import Task
from hub.store.made import add_made, made_for_marking
from hub.store.marking_receipt import receipt_of_marking
from hub.store.markings import latest_marking
from hub.store.tables import Study
from workers.desk import Desk, Done
from workers.making.keep import keep_made
from workers.making.sources import source_study

KIND = "write-marks"
QUEUE = "post"

#: Series numbers of the marks and of the key images in a study.
MARKS_SERIES, KEYS_SERIES = 8100, 8101


def work(desk: Desk, task: Task) -> Done:
    """Make the objects of the marks as they stand and keep them; a second attempt finds them made."""
    with desk.store.reading() as session:
        marking = latest_marking(session, task.subject_id)
        if marking is None or made_for_marking(session, marking.id):
            return Done()
        source = source_study(session, session.get_one(Study, marking.study_id))
        told = receipt_of_marking(session, marking)
        reader, at = marking.user.display_name, marking.at.astimezone(desk.settings.zone)
    study, number = f"{source.study_instance_uid}/{marking.site_id}", marking.version
    made = []
    marks, keys = marks_from(marking.marks), key_images_from(marking.key_images)
    if marks:
        naming = Naming(marking.sr_uid, uid_from("marks", study), at, MARKS_SERIES, number)
        made.append((marks_sr(marks, source, reader, naming), "marks-sr"))
    if keys:
        naming = Naming(marking.ko_uid, uid_from("key-images", study), at, KEYS_SERIES, number)
        made.append((key_images_object(keys, source, reader, naming), "key-images"))
    rows = [keep_made(desk.store, dataset, kind, marking.study_id, marking=told) for dataset, kind in made]
    for row in rows:
        row.marking_id = marking.id
    return Done(lambda session: add_made(session, rows))
