"""A copy of the sites and their devices beside the database: a rebuilt index knows who calls and listens."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from hub.private_file import keep_private
from hub.store.tables import Device, Site

FILE, LOCK = "sites.json", "sites.lock"
#: What a site is, but for its number and the day on which its row was made.
FIELDS = (
    "name",
    "label",
    "ae_title",
    "address",
    "return_ae",
    "return_host",
    "return_port",
    "quiet_factor",
    "signing_minutes",
    "active",
)
#: What an older release's copy does not tell; such a site is then as a new one.
LATER = ("certificate", "character_set", "wants_availability", "reader_first", "one_doctor")  # fmt: skip
DEVICES = "devices"
#: What a device of a site is, but for its number and the day on which its row was made.
DEVICE_FIELDS = ("ae_title", "host", "port", "character_set", "wants_availability", "active")


def copy_sites(engine: Engine, data_dir: Path) -> None:
    """Write what the table says now into the copy. A site that only the copy knows stays in it.

    Sites are closed and never deleted, so a table without one is a table that was lost. Raises OSError.
    """
    with _alone(data_dir):
        with Session(engine) as session:
            found = {
                site.name: _said(session, site) for site in session.scalars(select(Site).order_by(Site.name))
            }
        before = copied_sites(data_dir)
        together = before | found
        if together != before:
            keep_private(data_dir / FILE, json.dumps(list(together.values()), ensure_ascii=False, indent=1))


def copied_sites(data_dir: Path) -> dict[str, dict[str, Any]]:
    """Return the sites of the copy by name, each with its DEVICES.

    None where there is no copy, or it is no longer readable.
    """
    try:
        listed = json.loads((data_dir / FILE).read_text("utf-8"))
        return {str(site["name"]): _read(site) for site in listed}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _said(session: Session, site: Site) -> dict[str, Any]:
    asked = select(Device).where(Device.site_id == site.id).order_by(Device.ae_title)
    devices = [{field: getattr(one, field) for field in DEVICE_FIELDS} for one in session.scalars(asked)]
    return {field: getattr(site, field) for field in FIELDS + LATER} | {DEVICES: devices}


def _read(site: dict[str, Any]) -> dict[str, Any]:
    later = {field: site[field] for field in LATER if field in site}
    devices = [{field: one[field] for field in DEVICE_FIELDS} for one in site.get(DEVICES, [])]
    return {field: site[field] for field in FIELDS} | later | {DEVICES: devices}


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """Let nobody else copy meanwhile: an older look at the table must not be written over a newer one."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = data_dir / LOCK
    lock.touch(mode=0o600)
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
