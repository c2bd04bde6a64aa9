"""Counting studies as arrived when their association ends, instead of after the quiet time."""

from collections.abc import Iterable

from sqlalchemy import select

from hub.store import Store
from hub.store.errands import put_off
from hub.store.tables import Site, Study


def settle_now(store: Store, site: str, study_instance_uids: Iterable[str]) -> None:
    """Make the "settle" errand of these studies of `site` due at once."""
    with store.writing() as session:
        found = session.scalars(
            select(Study.id)
            .join(Site, Site.id == Study.site_id)
            .where(Site.name == site, Study.study_instance_uid.in_(list(study_instance_uids)))
        ).all()
        for study_id in found:
            put_off(session, "settle", study_id, 0)
