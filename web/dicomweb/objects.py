"""Finding stored objects by their UIDs within the person's sites, and making sure that they are undamaged."""

import re
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, true
from sqlalchemy.orm import Session

import dicom.sound
from hub.errors import NotYours
from hub.store.cases import studies_with_uid
from hub.store.tables import Instance, Series, Site, Study
from web.access import entry, person, the_store

#: PS3.5 9.1: digits and dots, at most 64 characters. Anything else names nothing here.
UID = re.compile(r"[0-9.]{1,64}")


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
    """Return the instances under `names` that the person may see, in order. Raises NotYours when none is.

    A rejected one is shown to those only who tend what is set apart.
    """
    if not all(UID.fullmatch(uid) for uid in (names.study, names.series, names.instance) if uid):
        raise NotYours(names.thing())
    studies = {study.id: study for study in studies_with_uid(session, person().scope, names.study)}
    asked = (
        select(Series, Instance)
        .join(Instance, Instance.series_id == Series.id)
        .where(Instance.study_id.in_(studies), true() if person().may("quarantine") else ~Instance.rejected)
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
    thing = f"instance:{instance.sop_instance_uid}"
    return dicom.sound.sound_file(
        the_store(), instance, lambda: entry("check", thing, "damaged", site=_site_of(instance))
    )


def _site_of(instance: Instance) -> str:
    with the_store().reading() as session:
        return session.get_one(Site, instance.site_id).name
