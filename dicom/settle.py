"""Counting studies as arrived when their association ends, instead of after the quiet time."""

from collections.abc import Iterable, Sequence
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.store import Store
from hub.store.errands import finish_now, put_off
from hub.store.performed_steps import awaiting, seconds_to_wait
from hub.store.quick_settling import settle_quickly
from hub.store.settling import settle_studies
from hub.store.tables import Site, Study

#: Who does the errand: whoever closes the association, in one transaction, so that nobody can die over it.
HOLDER = "association"
#: Studies settled in one transaction: others have to write meanwhile.
BATCH = 50


def settle_now(store: Store, site: str, study_instance_uids: Iterable[str]) -> None:
    """Count these studies of `site` as arrived; one that waits for what its device announced looks later.

    A loss of power may undo it: the quiet time, whose errand stands since the first instance, does it again.
    """
    rest = iter(sorted(study_instance_uids))
    while batch := list(islice(rest, BATCH)):
        with store.noting() as session:
            connection = session.connection()
            batch = [uid for uid in batch if not settle_quickly(connection, site, uid, HOLDER)]
            if not batch:
                continue
            found = session.scalars(
                select(Study)
                .join(Site, Site.id == Study.site_id)
                .where(Site.name == site, Study.study_instance_uid.in_(batch))
            )
            settle(session, found.all())


def settle(session: Session, studies: Sequence[Study]) -> None:
    """Count studies of one site as arrived, as `settle_now` does."""
    if not studies:
        return
    said = awaiting(session, studies[0].site_id, [study.study_instance_uid for study in studies])
    whole = []
    for study in studies:
        wait = seconds_to_wait(session, study) if study.study_instance_uid in said else 0.0
        if wait:
            put_off(session, "settle", study.id, wait)
        else:
            whole.append(study)
    mine = finish_now(session, "settle", [study.id for study in whole], HOLDER)  # a worker is at the others
    settle_studies(session, [study for study in whole if study.id in mine], said)
