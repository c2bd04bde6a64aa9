"""Counting studies as arrived when their association ends, instead of after the quiet time."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.store import Store
from hub.store.errands import claim_one, finish, put_off
from hub.store.performed_steps import seconds_to_wait
from hub.store.settling import settle_study
from hub.store.tables import Site, Study

#: Who does the errand: whoever closes the association, in one transaction, so that nobody can die over it.
HOLDER = "association"


def settle_now(store: Store, site: str, study_instance_uids: Iterable[str]) -> None:
    """Count these studies of `site` as arrived; one that waits for what its device announced looks later."""
    with store.writing() as session:
        found = session.scalars(
            select(Study)
            .join(Site, Site.id == Study.site_id)
            .where(Site.name == site, Study.study_instance_uid.in_(list(study_instance_uids)))
        ).all()
        for study in found:
            _settle(session, study)


def _settle(session: Session, study: Study) -> None:
    wait = seconds_to_wait(session, study)
    put_off(session, "settle", study.id, wait)
    if wait:
        return
    task = claim_one(session, f"settle:{study.id}", HOLDER)
    if task is not None:  # else a worker is at it
        settle_study(session, study)
        finish(session, [task])
