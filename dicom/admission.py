"""Who may open an association: a registered site from its own address, and the hub itself to say hello."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from dicom.status import (
    APPLICATION_CONTEXT,
    CONGESTION,
    UNKNOWN_CALLED,
    UNKNOWN_CALLING,
    UNKNOWN_CONTEXT,
    Rejection,
)
from hub.address import comes_from, plain_address
from hub.store import Store
from hub.store.tables import Device, Site

#: A changed site acts on a running hub within 2 s; reading the table more often than this wins nothing.
SECONDS_REMEMBERED = 1.0

_ACTIVE = select(Site.ae_title, Site.name, Site.address, Site.certificate).where(Site.active)

log = structlog.get_logger("dicom.admission")


@dataclass(frozen=True)
class Proposal:
    """What an association request says, and the two ends of the connection it came on."""

    calling_ae: str
    called_ae: str
    application_context: str
    address: str
    our_address: str
    certificate: str = ""


@dataclass(frozen=True)
class KnownSite:
    """A site as admission needs it; an empty `address` or `certificate` (SHA-256 in hex) means any."""

    name: str
    address: str
    certificate: str = ""


@dataclass(frozen=True)
class Caller:
    """An admitted peer; `site` is empty for the hub's own hello, which may ask for C-ECHO only."""

    site: str
    calling_ae: str
    called_ae: str
    address: str


def admit(proposal: Proposal, our_title: str, sites: Mapping[str, KnownSite]) -> Caller | Rejection:
    """Return who is calling, or why the association is rejected. `sites` are the active ones by AE title."""
    if proposal.application_context != APPLICATION_CONTEXT:
        return UNKNOWN_CONTEXT
    if proposal.called_ae != our_title:
        return UNKNOWN_CALLED
    site = sites.get(proposal.calling_ae)
    if site is None:
        return _ourselves(proposal, our_title)
    if site.address and not comes_from(proposal.address, site.address):
        return UNKNOWN_CALLING
    if site.certificate and site.certificate != proposal.certificate:
        return UNKNOWN_CALLING
    return Caller(site.name, proposal.calling_ae, proposal.called_ae, proposal.address)


class SiteBook:
    """The active sites by AE title, read anew when older than a second."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._read_at = float("-inf")
        self._sites: dict[str, KnownSite] | None = None

    def sites(self) -> dict[str, KnownSite] | None:
        """Return the sites; those last known when the database is away, None when it always was."""
        now = self._clock()
        if now - self._read_at >= SECONDS_REMEMBERED:
            try:
                self._sites, self._read_at = self._read(), now
            except SQLAlchemyError as error:
                log.warning("the sites could not be read", kind=type(error).__name__)
        return self._sites

    def _read(self) -> dict[str, KnownSite]:
        with self._store.reading() as session:
            rows = session.execute(_ACTIVE)
            known = {
                row.ae_title.strip(): KnownSite(row.name, row.address or "", row.certificate or "")
                for row in rows
            }
            return known | self._devices(session)

    def _devices(self, session: Session) -> dict[str, KnownSite]:
        """A site's further devices call from where they listen, else from where their site does.

        One under the site's own title only adds a node to that: others of the site may share the title.
        """
        rows = session.execute(
            select(Device.ae_title, Site.name, Device.host, Site.address, Site.certificate)
            .join(Site, Site.id == Device.site_id)
            .where(Site.active, Device.active, Device.ae_title != Site.ae_title)
        )
        return {
            title.strip(): KnownSite(name, host or address or "", certificate or "")
            for title, name, host, address, certificate in rows
        }


def admit_from(book: SiteBook, proposal: Proposal, our_title: str) -> Caller | Rejection:
    """As `admit`, by the sites of `book`; while they cannot be read the peer is asked to try again."""
    sites = book.sites()
    return CONGESTION if sites is None else admit(proposal, our_title, sites)


def _ourselves(proposal: Proposal, our_title: str) -> Caller | Rejection:
    """The supervisor on this machine asks with our own title whether we serve."""
    if proposal.calling_ae == our_title and plain_address(proposal.address) == plain_address(
        proposal.our_address
    ):
        return Caller("", proposal.calling_ae, proposal.called_ae, proposal.address)
    return UNKNOWN_CALLING
