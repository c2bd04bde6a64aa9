"""The townships: who they are, how they call, and where their reports go."""

import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from hub.errors import Refused
from hub.store.engine import now
from hub.store.tables import Site

#: PS3.5 6.2, VR AE: at most 16 characters, no backslash, no control characters, not only spaces.
AE_TITLE = re.compile(r"^(?=.*\S)[\x20-\x5b\x5d-\x7e]{1,16}$")


#: What may stand for where a site calls from: IPv4, IPv6, either with a prefix length, or a host name.
ADDRESS = re.compile(r"^(?=.{1,64}$)([0-9A-Fa-f.:]+(/\d{1,3})?|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)$")
LONGEST_NAME = 64


@dataclass(frozen=True)
class ReturnNode:
    """Where a site's reports go: AE title, host and port."""

    ae_title: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.ae_title}@{self.host}:{self.port}"


def parse_return_node(value: str) -> ReturnNode:
    """Return the node that AET@HOST:PORT names, or raise Refused with what is wrong."""
    matched = re.fullmatch(r"([^@]+)@\[?([^@\]]+)\]?:(\d{1,5})", value)
    if not matched or not AE_TITLE.match(matched[1]) or not 0 < int(matched[3]) < 65536:
        raise Refused(f"'{value}' is no return node; write AET@HOST:PORT, such as CLINIC1@10.1.2.3:104")
    return ReturnNode(matched[1], matched[2], int(matched[3]))


def add_site(session: Session, name: str, ae_title: str, **more: object) -> Site:
    """Insert a site; `more` may give label, address, return_node, quiet_factor, signing_minutes."""
    _check_ae(ae_title)
    if not name.strip() or len(name) > LONGEST_NAME:
        raise Refused(f"a site's name has 1 to {LONGEST_NAME} characters")
    if session.scalar(select(Site).where((Site.name == name) | (Site.ae_title == ae_title))):
        raise Refused(f"a site named '{name}' or with AE title '{ae_title}' exists already; edit it instead")
    site = Site(name=name, label=name, ae_title=ae_title, created_at=now())
    session.add(site)
    edit_site(site, **more)
    session.flush()
    return site


def edit_site(site: Site, **changes: object) -> None:
    """Change what `changes` name (label, ae_title, address, return_node, quiet_factor, ...) on `site`."""
    node = changes.pop("return_node", None)
    _check_free(site, changes.get("ae_title"))
    _check_address(changes.get("address"))
    if isinstance(node, ReturnNode):
        site.return_ae, site.return_host, site.return_port = node.ae_title, node.host, node.port
    for name, value in changes.items():
        if value is None:
            continue
        if name == "ae_title":
            _check_ae(str(value))
        if name not in ("label", "ae_title", "address", "quiet_factor", "signing_minutes", "active"):
            raise Refused(f"a site has no '{name}'")
        setattr(site, name, value)


def all_sites(session: Session) -> list[Site]:
    """Return every site by name."""
    return list(session.scalars(select(Site).order_by(Site.name)))


def site_named(session: Session, name: str) -> Site:
    """Return the site called `name`, or raise Refused."""
    site = session.scalar(select(Site).where(Site.name == name))
    if site is None:
        raise Refused(f"there is no site named '{name}'; `readhub site list` shows them")
    return site


def site_calling(session: Session, ae_title: str) -> Site | None:
    """Return the active site whose devices call with `ae_title`."""
    return session.scalar(select(Site).where(Site.ae_title == ae_title, Site.active))


def return_node(site: Site) -> ReturnNode | None:
    """Return where the site's reports go by DICOM, or None when it has only its inbox."""
    if not (site.return_ae and site.return_host and site.return_port):
        return None
    return ReturnNode(site.return_ae, site.return_host, site.return_port)


def _check_free(site: Site, ae_title: object) -> None:
    session = object_session(site)
    if not ae_title or session is None:
        return
    other = session.scalar(select(Site).where(Site.ae_title == str(ae_title), Site.id != site.id))
    if other is not None:
        raise Refused(f"the AE title '{ae_title}' belongs to the site '{other.name}'; choose another")


def _check_address(address: object) -> None:
    if address and not ADDRESS.match(str(address)):
        raise Refused(
            f"'{address}' is no address; write an IP address, a network such as 10.1.2.0/24, or a name"
        )


def _check_ae(ae_title: str) -> None:
    if not AE_TITLE.match(ae_title):
        raise Refused(f"'{ae_title}' is no AE title: 1 to 16 printable ASCII characters, no backslash")
