"""Who wants to be told that a study is available, and what there is of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from hub.store.cases import SeriesPart, series_of
from hub.store.devices import devices_of, node_of
from hub.store.errands import put_off
from hub.store.sites import ReturnNode, return_node
from hub.store.tables import Site, Study
from hub.store.visible import ANSWERED

TELL = "tell-available"


@dataclass(frozen=True)
class Available:
    """A whole study: its UID, its series with their instances, and the nodes that want to know of it."""

    study_instance_uid: str
    series: tuple[SeriesPart, ...]
    listeners: Sequence[ReturnNode]


def tell_of(session: Session, studies: Sequence[Study]) -> None:
    """Write the errands to tell of `studies`, where somebody at their sites wants to know."""
    for site_id in sorted({study.site_id for study in studies}):
        if _listeners(session, session.get_one(Site, site_id)):
            for study in studies:
                if study.site_id == site_id:
                    put_off(session, TELL, study.id, 0)


def available(session: Session, study_id: int) -> Available | None:
    """Return what there is to tell, or None where the study is not whole any more, or rejected."""
    study = session.get_one(Study, study_id)
    if study.state not in ANSWERED:
        return None
    site = session.get_one(Site, study.site_id)
    series = series_of(session, study.id)
    if not any(part.instances for part in series):
        return None
    return Available(study.study_instance_uid, series, _listeners(session, site))


def _listeners(session: Session, site: Site) -> list[ReturnNode]:
    nodes = [node_of(one) for one in devices_of(session, site.id) if one.wants_availability and one.active]
    if site.wants_availability:
        nodes.append(return_node(site))
    return [node for node in nodes if node is not None]
