"""Figures for a monitoring system, counted in the database, so that every web process says the same."""

from dataclasses import dataclass

from flask import Blueprint
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from hub.domain.delivery import DELIVERY_STATES
from hub.domain.errand import ERRAND_STATES
from hub.domain.study import STUDY_STATES
from hub.store import now
from hub.store.cases import within
from hub.store.pre_reads import runs_since_yesterday
from hub.store.tables import Delivery, Errand, KeptAside, Study
from web.access import needs, note, person, the_store

pages = Blueprint("metrics", __name__)


@pages.get("/metrics")
@needs("metrics")
def metrics() -> tuple[bytes, int, dict[str, str]]:
    """Show counts by state and the age of the oldest errand that waits; no patient, no text.

    Who sees some sites only gets the counts of those.
    """
    registry, scope = CollectorRegistry(), person().scope
    with the_store().reading() as session:
        counting = _Counting(registry, session)
        counting.by_state("studies", Study.state, STUDY_STATES, within(scope, Study.site_id))
        counting.by_state("deliveries", Delivery.state, DELIVERY_STATES, within(scope, Delivery.site_id))
        aside = within(scope, KeptAside.site_id)
        counting.by_state("kept_aside", KeptAside.state, ("open", "comparing"), aside)
        if scope.everywhere:
            # An errand and a model's runs belong to the hub, not to a site.
            counting.by_state("errands", Errand.state, ERRAND_STATES, true())
            counting.oldest()
            counting.readings()
    note("view", "metrics")
    return generate_latest(registry), 200, {"Content-Type": CONTENT_TYPE_LATEST}


@dataclass(frozen=True)
class _Counting:
    registry: CollectorRegistry
    session: Session

    def by_state(
        self,
        name: str,
        column: InstrumentedAttribute[str],
        states: tuple[str, ...],
        seen: ColumnElement[bool],
    ) -> None:
        gauge = Gauge(f"readhub_{name}", f"{name} by state", ["state"], registry=self.registry)
        rows = self.session.execute(select(column, func.count()).where(seen).group_by(column))
        counted = {state: count for state, count in rows}
        for state in states:
            gauge.labels(state).set(counted.get(state, 0))

    def oldest(self) -> None:
        due = self.session.scalar(select(func.min(Errand.due_at)).where(Errand.state == "waiting"))
        late = max(0.0, (now() - due).total_seconds()) if due else 0.0
        said = "how long the oldest errand is due"
        Gauge("readhub_errands_late_seconds", said, registry=self.registry).set(late)

    def readings(self) -> None:
        """By what really ran them; a fall-back is another provider than the one that was asked for."""
        names = ["model", "provider"]
        about = "readings of the last day by model and the provider that ran them"
        read = Gauge("readhub_readings", about, names, registry=self.registry)
        said = f"{about}, another was asked for"
        fallen = Gauge("readhub_readings_fallen_back", said, names, registry=self.registry)
        fault = "not assessed by a fault of ours"
        failed = Gauge("readhub_readings_failed", fault, ["reason"], registry=self.registry)
        for run in runs_since_yesterday(self.session):
            if run.reason:
                failed.labels(run.reason).inc(run.count)
                continue
            read.labels(run.model, run.provider).inc(run.count)
            fallen.labels(run.model, run.provider).inc(run.count if run.fell_back else 0)
