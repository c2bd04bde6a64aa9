"""Finding stored objects by their UIDs within the person's sites, and making sure that they are undamaged."""

import re
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from dicom.errors import Unreadable
from dicom.part10 import content_digest
from hub.errors import HubError, NotYours
from hub.store import Store, audit
from hub.store.cases import studies_with_uid
from hub.store.moves import touch
from hub.store.tables import Instance, Series, Study
from web.access import entry, person, the_store

#: PS3.5 9.1: digits and dots, at most 64 characters. Anything else names nothing here.
UID = re.compile(r"[0-9.]{1,64}")
#: Files whose digest was checked, by key, with what would change if they were altered.
MOST_CHECKED = 4096
_checked: "OrderedDict[str, tuple[int, int]]" = OrderedDict()


class Damaged(HubError):
    """The file is not what was received: it is not shown as if it were good."""


@dataclass(frozen=True)
class Found:
    """An instance with the series and the study that it belongs to."""

    study: Study
    series: Series
    instance: Instance


@dataclass(frozen=True)
class Names:
    """The UIDs of a request's path; an empty one was not named."""

    study: str
    series: str = ""
    instance: str = ""

    def thing(self) -> str:
        """Return how the audit trail calls what was asked for."""
        if self.instance:
            return f"instance:{self.instance}"
        return f"series:{self.series}" if self.series else f"study-uid:{self.study}"


def find(session: Session, names: Names) -> list[Found]:
    """Return the instances under `names` that the person may see, in order. Raises NotYours when none is."""
    if not all(UID.fullmatch(uid) for uid in (names.study, names.series, names.instance) if uid):
        raise NotYours(names.thing())
    studies = {study.id: study for study in studies_with_uid(session, person().scope, names.study)}
    asked = (
        select(Series, Instance)
        .join(Instance, Instance.series_id == Series.id)
        .where(Instance.study_id.in_(studies))
        .order_by(Series.number, Series.id, Instance.number, Instance.id)
    )
    if names.series:
        asked = asked.where(Series.series_instance_uid == names.series)
    if names.instance:
        asked = asked.where(Instance.sop_instance_uid == names.instance)
    found = [
        Found(studies[instance.study_id], series, instance) for series, instance in session.execute(asked)
    ]
    if not found:
        raise NotYours(names.thing())
    return found


def sound_file(instance: Instance) -> Path:
    """Return the instance's file once its digest is known to be the one that was received.

    Raises Damaged, and marks the instance as damaged, when it is not, or the file is gone.
    """
    path = the_store().vault.path(instance.file_key)
    try:
        status = path.stat()
        seen = (status.st_mtime_ns, status.st_size)
        if _checked.get(instance.file_key) == seen:
            return path
        sound = content_digest(path) == instance.digest
    except (OSError, Unreadable):
        sound = False
    if not sound:
        _mark_damaged(the_store(), instance.id)
        raise Damaged("the file was altered or lost after it was received; it is not shown")
    _checked[instance.file_key] = seen
    while len(_checked) > MOST_CHECKED:
        _checked.popitem(last=False)
    return path


def _mark_damaged(store: Store, instance_id: int) -> None:
    with store.writing() as session:
        row = session.get_one(Instance, instance_id)
        if row.damaged:
            return
        row.damaged = True
        study = session.get_one(Study, row.study_id)
        audit.append(
            session, entry("check", f"instance:{row.sop_instance_uid}", "damaged", site=study.site.name)
        )
        touch(session, study)
