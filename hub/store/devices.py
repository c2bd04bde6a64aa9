"""A site's devices: whose they are, in which characters they read, and where they listen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.errors import Refused
from hub.store.engine import now
from hub.store.sites import (
    AE_TITLE,
    NO_AE_TITLE,
    ReturnNode,
    check_character_set,
    check_free,
    return_node,
    title_holder,
)
from hub.store.tables import Device, Site


@dataclass(frozen=True)
class Peer:
    """A calling application entity as a service needs it: its site, its characters, its own node if known."""

    site: Site
    character_set: str
    node: ReturnNode | None


def add_device(session: Session, site: Site, ae_title: str, **more: object) -> Device:
    """Insert a device of `site`; `more` may give node, character_set and wants_availability.

    Raises Refused where the title is another's, or the character set is none that the hub writes.
    """
    if not AE_TITLE.match(ae_title):
        raise Refused(NO_AE_TITLE, title=ae_title)
    check_free(session, ae_title, site)
    device = Device(site_id=site.id, ae_title=ae_title, created_at=now())
    edit_device(device, **more)
    session.add(device)
    session.flush()
    return device


def restore_devices(session: Session, site: Site, told: Sequence[Mapping[str, Any]]) -> None:
    """Insert the devices that a copy tells of; one whose title is another's by now is left out."""
    session.flush()
    for said in told:
        if title_holder(session, said["ae_title"], site) is None:
            session.add(Device(site_id=site.id, created_at=now(), **said))
            session.flush()


def edit_device(device: Device, **changes: object) -> None:
    """Change what `changes` name (node, character_set, wants_availability, active) on `device`."""
    node = changes.pop("node", None)
    if isinstance(node, ReturnNode):
        device.host, device.port = node.host, node.port
    for name, value in changes.items():
        if value is None:
            continue
        if name == "character_set":
            check_character_set(str(value))
        if name not in ("character_set", "wants_availability", "active"):
            raise Refused("a device has no '%(name)s'", name=name)
        setattr(device, name, value)


def devices_of(session: Session, site_id: int) -> list[Device]:
    """Return a site's devices by title."""
    return list(session.scalars(select(Device).where(Device.site_id == site_id).order_by(Device.ae_title)))


def device_named(session: Session, ae_title: str) -> Device:
    """Return the device called `ae_title`, or raise Refused."""
    device = session.scalar(select(Device).where(Device.ae_title == ae_title))
    if device is None:
        raise Refused("there is no device '%(title)s'; `readhub device list` shows them", title=ae_title)
    return device


def peer_calling(session: Session, site_name: str, ae_title: str) -> Peer | None:
    """Return the peer that calls as `ae_title` for an active site, or None when that is over."""
    site = session.scalar(select(Site).where(Site.name == site_name, Site.active))
    if site is None:
        return None
    device = session.scalar(select(Device).where(Device.site_id == site.id, Device.ae_title == ae_title))
    if device is not None:
        return Peer(site, device.character_set, node_of(device)) if device.active else None
    back = return_node(site)
    return Peer(site, site.character_set, back if back and back.ae_title == ae_title else None)


def node_at(session: Session, site: Site, ae_title: str) -> ReturnNode | None:
    """Return the node of `site` that is called `ae_title`, or None: nothing is sent to anybody else."""
    for device in devices_of(session, site.id):
        if device.active and device.ae_title == ae_title:
            return node_of(device)
    back = return_node(site)
    return back if back is not None and back.ae_title == ae_title else None


def node_of(device: Device) -> ReturnNode | None:
    """Return where a device listens, or None when nobody has said."""
    return ReturnNode(device.ae_title, device.host, device.port) if device.host and device.port else None
