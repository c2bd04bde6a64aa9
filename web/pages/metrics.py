"""Figures for a monitoring system, counted in the database, so that every web process says the same."""

from typing import Any

from flask import Blueprint
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.domain.delivery import DELIVERY_STATES
from hub.domain.errand import ERRAND_STATES
from hub.domain.study import STUDY_STATES
from hub.store import now
from hub.store.tables import Delivery, Errand, KeptAside, Study
from web.access import needs, note, the_store

pages = Blueprint("metrics", __name__)


@pages.get("/metrics")
@needs("metrics")
def metrics() -> tuple[bytes, int, dict[str, str]]:
    """Show counts by state and the age of the oldest errand that waits; no patient, no text."""
    registry = CollectorRegistry()
    with the_store().reading() as session:
        _by_state(registry, session, "studies", Study.state, STUDY_STATES)
        _by_state(registry, session, "errands", Errand.state, ERRAND_STATES)
        _by_state(registry, session, "deliveries", Delivery.state, DELIVERY_STATES)
        _by_state(registry, session, "kept_aside", KeptAside.state, ("open", "comparing"))
        _oldest(registry, session)
    note("view", "metrics")
    return generate_latest(registry), 200, {"Content-Type": CONTENT_TYPE_LATEST}


def _by_state(
    registry: CollectorRegistry, session: Session, name: str, column: Any, states: tuple[str, ...]
) -> None:
    gauge = Gauge(f"readhub_{name}", f"{name} by state", ["state"], registry=registry)
    rows = session.execute(select(column, func.count()).group_by(column))
    counted = {state: count for state, count in rows}
    for state in states:
        gauge.labels(state).set(counted.get(state, 0))


def _oldest(registry: CollectorRegistry, session: Session) -> None:
    due = session.scalar(select(func.min(Errand.due_at)).where(Errand.state == "waiting"))
    late = max(0.0, (now() - due).total_seconds()) if due else 0.0
    Gauge("readhub_errands_late_seconds", "how long the oldest errand is due", registry=registry).set(late)
