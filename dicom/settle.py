"""Counting studies as arrived when their association ends, instead of after the quiet time."""

from collections.abc import Iterable, Sequence
from itertools import islice

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from dicom.shared_studies import is_brought, place_of
from hub.domain.moves import ForbiddenMove
from hub.store import Store
from hub.store.arrivals import lost_a_race
from hub.store.errands import finish_now, put_off
from hub.store.performed_steps import awaiting, seconds_to_wait
from hub.store.quick_settling import settle_quickly
from hub.store.settling import settle_studies
from hub.store.tables import Site, Study

#: Who does the errand: whoever closes the association, in one transaction, so that nobody can die over it.
HOLDER = "association"
#: Studies settled in one transaction: others have to write meanwhile.
BATCH = 50
#: How often a batch is settled anew after somebody else was quicker.
TRIES = 4


def settle_now(store: Store, site: str, study_instance_uids: Iterable[str]) -> None:
    """Count these studies of `site` as arrived; one that waits for what its device announced looks later.

    One that an association still brings is left to that and to its quiet time. A loss of power may undo it:
    the quiet time, whose errand stands since the first instance, does it again.
    """
    place = place_of(store)
    rest = iter([uid for uid in sorted(study_instance_uids) if not is_brought(place, site, uid)])
    while batch := list(islice(rest, BATCH)):
        _settle_batch(store, site, batch)


def _settle_batch(store: Store, site: str, batch: Sequence[str]) -> None:
    """Settle in one transaction; who lost a race looks again at what stands there now."""
    for left in reversed(range(TRIES)):
        try:
            with store.noting() as session:
                return _settle_once(session, site, batch)
        except (SQLAlchemyError, ForbiddenMove) as error:
            if not left or not lost_a_race(error):
                raise


def _settle_once(session: Session, site: str, batch: Sequence[str]) -> None:
    connection = session.connection()
    rest = [uid for uid in batch if not settle_quickly(connection, site, uid, HOLDER)]
    if rest:
        found = session.scalars(
            select(Study)
            .join(Site, Site.id == Study.site_id)
            .where(Site.name == site, Study.study_instance_uid.in_(rest))
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
