"""What somebody may see: studies of their own sites, and of patients that a person has shared with one."""

from sqlalchemy import ColumnElement, select, true

from hub.domain.scope import Scope
from hub.domain.study import LISTED
from hub.store.engine import now
from hub.store.tables import Instance, Patient, Series, Sharing, Study

#: What a query answers with: everything that is listed and whole (a study that is arriving is not).
ANSWERED = tuple(state for state in LISTED if state != "arriving")


def answered() -> ColumnElement[bool]:
    """Return the condition that a peer is told of a study: it is whole, and not rejected altogether."""
    shown = select(Instance.id).where(Instance.study_id == Study.id, ~Instance.rejected)
    return Study.state.in_(ANSWERED) & shown.correlate(Study).exists()


def has_images() -> ColumnElement[bool]:
    """Return the condition that a series is told of: not every instance of it is rejected."""
    shown = select(Instance.id).where(Instance.series_id == Series.id, ~Instance.rejected)
    return shown.correlate(Series).exists()


def visible(scope: Scope) -> ColumnElement[bool]:
    """Return the condition that a study may be seen within `scope`.

    This is the one place that decides: DIMSE queries and retrievals, DICOMweb and the priors beside a case
    ask here. It gives sight, never the right to change anything.
    """
    if scope.everywhere:
        return true()
    own = Study.site_id.in_(scope.sites)
    return own | Study.patient_row.in_(_shared_with(scope))


def same_person(patient_row: int) -> ColumnElement[bool]:
    """Return the condition that a study is of this patient, at its own site or where it is shared."""
    in_force = _in_force()
    there = select(Sharing.patient_other).where(Sharing.patient_one == patient_row, *in_force)
    here = select(Sharing.patient_one).where(Sharing.patient_other == patient_row, *in_force)
    return (Study.patient_row == patient_row) | Study.patient_row.in_(there.union(here))


def _shared_with(scope: Scope):  # type: ignore[no-untyped-def]
    ours = select(Patient.id).where(Patient.site_id.in_(scope.sites))
    in_force = _in_force()
    there = select(Sharing.patient_other).where(Sharing.patient_one.in_(ours), *in_force)
    here = select(Sharing.patient_one).where(Sharing.patient_other.in_(ours), *in_force)
    return there.union(here)


def _in_force() -> tuple[ColumnElement[bool], ...]:
    instant = now()
    return Sharing.ended_at.is_(None), Sharing.since <= instant, Sharing.until > instant
