"""Each site's own thresholds: inserted by a named person with a reason, the newest version in effect."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.domain.threshold import SiteThreshold
from hub.errors import Refused
from hub.store import audit
from hub.store.engine import now
from hub.store.tables import Site, Threshold, User
from hub.store.unique import flush_or

SHORTEST_REASON = 4


def thresholds_of(session: Session, site_ids: Collection[int]) -> dict[int, dict[str, SiteThreshold]]:
    """Return what is in effect at each site, by finding; sites and findings without an own one are absent."""
    newest = (
        select(func.max(Threshold.id)).where(Threshold.site_id.in_(site_ids))
        .group_by(Threshold.site_id, Threshold.finding)
    )  # fmt: skip
    columns = (Threshold.site_id, Threshold.finding, Threshold.value, Threshold.version)
    found: dict[int, dict[str, SiteThreshold]] = {}
    for site_id, finding, value, version in session.execute(select(*columns).where(Threshold.id.in_(newest))):
        if value is not None:
            found.setdefault(site_id, {})[finding] = SiteThreshold(value, version)
    return found


def history_of(session: Session, site_id: int, finding: str) -> Sequence[Threshold]:
    """Return every change of a site's threshold for a finding, newest first."""
    asked = select(Threshold).where(Threshold.site_id == site_id, Threshold.finding == finding)
    return session.scalars(asked.order_by(Threshold.version.desc())).all()


def set_threshold(
    session: Session, site: Site, finding: str, value: float | None, by: tuple[User, str]
) -> Threshold:
    """Set a site's threshold (None: the model's own again), `by` whom and why; it counts from now on.

    Readings made before keep the threshold they name. Raises Refused without a reason or for no probability.
    """
    user, reason = by
    if len(reason.strip()) < SHORTEST_REASON:
        raise Refused("a threshold changes only with a reason")
    if value is not None and not 0.0 < value < 1.0:
        raise Refused("a threshold lies between 0 and 1")
    before = history_of(session, site.id, finding)
    row = Threshold(
        site_id=site.id, finding=finding, version=(before[0].version if before else 0) + 1, value=value,
        reason=reason.strip(), user=user, at=now(),
    )  # fmt: skip
    session.add(row)
    flush_or(
        session, Refused("somebody else changed this threshold at the same moment; look at theirs first")
    )
    was = before[0].value if before else None
    said = f"{finding} version {row.version}: {_shown(was)} to {_shown(value)}: {row.reason}"
    who = {"actor": user.username, "role": user.role, "site": site.name}
    audit.append(session, audit.entry("threshold", f"site:{site.name}", "changed", detail=said, **who))
    return row


def _shown(value: float | None) -> str:
    return "the model's own" if value is None else f"{value:g}"
