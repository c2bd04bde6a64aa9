"""Screening campaigns: whose ECGs of which days, opened and closed by an administrator."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from hub.domain.scope import Scope
from hub.errors import NotYours, Refused
from hub.store import audit
from hub.store.cases import within
from hub.store.engine import now
from hub.store.tables import Campaign, CampaignSite, Site, Study, User
from hub.store.unique import flush_or

#: A campaign is of ECGs.
MODALITY = "ECG"


@dataclass(frozen=True)
class Plan:
    """What a campaign is to be: instants from `since` until before `until`, and the share to be re-read."""

    name: str
    since: datetime
    until: datetime
    sites: tuple[int, ...]
    re_read_percent: int


def add_campaign(session: Session, scope: Scope, user: User, plan: Plan, address: str = "") -> Campaign:
    """Insert a campaign of sites in `scope`. Raises NotYours, and Refused for no site or a taken name."""
    if not plan.sites:
        raise Refused("a campaign has at least one site")
    for site in plan.sites:
        if not scope.covers(site) or session.get(Site, site) is None:
            raise NotYours(f"site:{site}")
    taken = Refused("there is already a campaign '%(name)s'", name=plan.name)
    if session.scalar(select(Campaign.id).where(Campaign.name == plan.name)) is not None:
        raise taken
    campaign = Campaign(
        name=plan.name, since=plan.since, until=plan.until, re_read_percent=plan.re_read_percent,
        created_by=user, created_at=now(),
    )  # fmt: skip
    session.add(campaign)
    flush_or(session, taken)
    session.add_all(CampaignSite(campaign_id=campaign.id, site_id=site) for site in sorted(set(plan.sites)))
    _audit(session, campaign, user, "opened", address)
    return campaign


def close_campaign(session: Session, scope: Scope, campaign_id: int, user: User, address: str = "") -> None:
    """End a campaign: nothing more is handed out. Raises NotYours, also for a site of it beyond `scope`."""
    campaign = campaign_for(session, scope, campaign_id)
    taking_part = session.scalars(select(CampaignSite.site_id).where(CampaignSite.campaign_id == campaign.id))
    if not all(scope.covers(site) for site in taking_part):
        raise NotYours(f"campaign:{campaign_id}")
    if campaign.closed_at is None:
        campaign.closed_at = now()
        _audit(session, campaign, user, "closed", address)


def campaign_for(session: Session, scope: Scope, campaign_id: int) -> Campaign:
    """Return a campaign with a site in `scope`. Raises NotYours."""
    asked = select(Campaign).where(Campaign.id == campaign_id, _with_site_in(scope))
    campaign = session.scalar(asked)
    if campaign is None:
        raise NotYours(f"campaign:{campaign_id}")
    return campaign


def campaigns_in(session: Session, scope: Scope) -> Sequence[Campaign]:
    """Return the campaigns with a site in `scope`: those that run, then those closed, newest first."""
    order = (Campaign.closed_at.is_not(None), Campaign.id.desc())
    return session.scalars(select(Campaign).where(_with_site_in(scope)).order_by(*order)).all()


def sites_of(session: Session, scope: Scope, campaign: Campaign) -> Sequence[Site]:
    """Return the sites of a campaign, as far as they are in `scope`."""
    taking_part = select(CampaignSite.site_id).where(CampaignSite.campaign_id == campaign.id)
    asked = select(Site).where(Site.id.in_(taking_part), within(scope, Site.id))
    return session.scalars(asked.order_by(Site.label)).all()


def in_cohort(scope: Scope, campaign: Campaign) -> ColumnElement[bool]:
    """Return the condition that a study belongs to the campaign, and may be seen in `scope`."""
    taking_part = select(CampaignSite.site_id).where(CampaignSite.campaign_id == campaign.id)
    return (
        within(scope, Study.site_id) & Study.site_id.in_(taking_part) & (Study.modality == MODALITY)
        & (Study.received_at >= campaign.since) & (Study.received_at < campaign.until)
    )  # fmt: skip


def _with_site_in(scope: Scope) -> ColumnElement[bool]:
    theirs = select(CampaignSite.campaign_id).where(within(scope, CampaignSite.site_id))
    return Campaign.id.in_(theirs)


def _audit(session: Session, campaign: Campaign, user: User, outcome: str, address: str) -> None:
    who = {"actor": user.username, "role": user.role, "address": address, "detail": campaign.name}
    audit.append(session, audit.entry("campaign", f"campaign:{campaign.id}", outcome, **who))
