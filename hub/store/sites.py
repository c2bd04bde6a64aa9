"""The townships: who they are, how they call, and where their reports go."""

import hashlib
import re
import ssl
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from hub.domain.peers import CHARACTER_SETS
from hub.errors import Refused
from hub.store.engine import now
from hub.store.tables import Device, Site
from hub.store.unique import flush_or

#: PS3.5 6.2, VR AE: at most 16 characters, no backslash, no control characters, not only spaces.
AE_TITLE = re.compile(r"^(?=.*\S)[\x20-\x5b\x5d-\x7e]{1,16}$")


#: What may stand for where a site calls from: IPv4, IPv6, either with a prefix length, or a host name.
ADDRESS = re.compile(r"^(?=.{1,64}$)([0-9A-Fa-f.:]+(/\d{1,3})?|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)$")
LONGEST_NAME = 64
AT_ONCE = "a site with this name or AE title was written at the same moment; look at the list of sites"
NO_AE_TITLE = "'%(title)s' is no AE title: 1 to 16 printable ASCII characters, no backslash"
NO_RETURN_NODE = "'%(value)s' is no return node; write AET@HOST:PORT, such as CLINIC1@10.1.2.3:104"
NO_ADDRESS = "'%(value)s' is no address; write an IP address, a network such as 10.1.2.0/24, or a name"
#: What the devices of a site read in answers, and whether they are told of available studies.
FOR_DEVICES = ("character_set", "wants_availability")


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
        raise Refused(NO_RETURN_NODE, value=value)
    return ReturnNode(matched[1], matched[2], int(matched[3]))


def add_site(session: Session, name: str, ae_title: str, **more: object) -> Site:
    """Insert a site; `more` may give label, address, return_node, quiet_factor, signing_minutes."""
    _check_ae(ae_title)
    check_free(session, ae_title)
    if not name.strip() or len(name) > LONGEST_NAME:
        raise Refused("a site's name has 1 to %(most)s characters", most=LONGEST_NAME)
    if session.scalar(select(Site).where(Site.name == name)):
        raise Refused("a site named '%(name)s' exists already; edit it instead", name=name)
    site = Site(name=name, label=name, ae_title=ae_title, created_at=now())
    session.add(site)
    edit_site(site, **more)
    flush_or(session, Refused(AT_ONCE))
    return site


def edit_site(site: Site, **changes: object) -> None:
    """Change what `changes` name (label, ae_title, address, return_node, quiet_factor, ...) on `site`."""
    node = changes.pop("return_node", None)
    session, title = object_session(site), changes.get("ae_title")
    if session is not None and title and title != site.ae_title:
        check_free(session, str(title))
    _check_address(changes.get("address"))
    check_character_set(str(changes.get("character_set") or CHARACTER_SETS[0]))
    if isinstance(node, ReturnNode):
        site.return_ae, site.return_host, site.return_port = node.ae_title, node.host, node.port
    for name, value in changes.items():
        if value is None:
            continue
        if name == "ae_title":
            _check_ae(str(value))
        if name not in (
            "label",
            "ae_title",
            "address",
            "quiet_factor",
            "signing_minutes",
            "active",
            *FOR_DEVICES,
        ):
            raise Refused("a site has no '%(name)s'", name=name)
        setattr(site, name, value)
    if session is not None and title:
        flush_or(session, Refused(AT_ONCE))


def bind_certificate(site: Site, value: str) -> None:
    """Bind `site` to a client certificate: PEM text or SHA-256 fingerprint; "none" sets it free."""
    if value == "none":
        site.certificate = None
        return
    text = value.strip()
    if "BEGIN CERTIFICATE" in text:
        try:
            text = hashlib.sha256(ssl.PEM_cert_to_DER_cert(text)).hexdigest()
        except ValueError:
            raise Refused("that is no certificate in PEM form") from None
    fingerprint = text.replace(":", "").lower()
    if not re.fullmatch("[0-9a-f]{64}", fingerprint):
        raise Refused("a certificate is named by its PEM file or by its SHA-256 fingerprint of 64 hex digits")
    site.certificate = fingerprint


def all_sites(session: Session) -> list[Site]:
    """Return every site by name."""
    return list(session.scalars(select(Site).order_by(Site.name)))


def site_named(session: Session, name: str) -> Site:
    """Return the site called `name`, or raise Refused."""
    site = session.scalar(select(Site).where(Site.name == name))
    if site is None:
        raise Refused("there is no site named '%(name)s'; `readhub site list` shows them", name=name)
    return site


def check_open(session: Session, name: str, calling_ae: str) -> None:
    """Raise Refused where the site called `name`, or the device calling as `calling_ae`, is switched off."""
    if not site_named(session, name).active:
        raise Refused("the site is switched off")
    if session.scalar(select(Device.id).where(Device.ae_title == calling_ae, ~Device.active)):
        raise Refused("the device is switched off")


def site_calling(session: Session, ae_title: str) -> Site | None:
    """Return the active site whose devices call with `ae_title`."""
    return session.scalar(select(Site).where(Site.ae_title == ae_title, Site.active))


def return_node(site: Site) -> ReturnNode | None:
    """Return where the site's reports go by DICOM, or None when it has only its inbox."""
    if not (site.return_ae and site.return_host and site.return_port):
        return None
    return ReturnNode(site.return_ae, site.return_host, site.return_port)


def check_character_set(name: str) -> None:
    """Raise Refused where answers cannot be written in `name`."""
    if name not in CHARACTER_SETS:
        raise Refused(
            "'%(name)s' is no character set for answers: %(some)s", name=name, some=", ".join(CHARACTER_SETS)
        )


def check_free(session: Session, ae_title: str, own: Site | None = None) -> None:
    """Raise Refused where a site or a device is called `ae_title` already.

    A device of the site `own` may be called as that site is: then its node is known.
    """
    holder = title_holder(session, ae_title, own)
    if holder is not None:
        raise Refused(
            "the AE title '%(title)s' belongs to the site '%(site)s'; choose another",
            title=ae_title, site=holder,
        )  # fmt: skip


def title_holder(session: Session, ae_title: str, own: Site | None = None) -> str | None:
    """Return the name of the site that has `ae_title`, itself or for a device; `own` counts not itself."""
    devices = select(Site.name).join(Device, Device.site_id == Site.id).where(Device.ae_title == ae_title)
    sites = select(Site.name).where(Site.ae_title == ae_title)
    if own is not None:
        sites = sites.where(Site.id != own.id)
    return session.scalar(sites) or session.scalar(devices)


def _check_address(address: object) -> None:
    if address and not ADDRESS.match(str(address)):
        raise Refused(NO_ADDRESS, value=address)


def _check_ae(ae_title: str) -> None:
    if not AE_TITLE.match(ae_title):
        raise Refused(NO_AE_TITLE, title=ae_title)
