"""The rows of the two commonest arrivals, in few statements: a new study's first and a series' next.

Everything else, and whatever is odd about these two, is for `hub.store.arrivals.record`, whose rows these
are; a test compares both ways over the same arrivals.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from hub.domain.arrival import Arrival, Origin, PatientFacts
from hub.domain.study import PRE_READ_AT_ONCE, quiet_seconds
from hub.errors import NotKept
from hub.store import quick_statements as sql
from hub.store.engine import joined, now
from hub.store.prepared import Prepared
from hub.store.studies import is_other, is_same, lacks
from hub.store.unread import Reach, is_beyond, say_unread

#: Open pages hear of a study that grows so often and no more, and its quiet time is short by no more than
#: that; the settling that ends it is always told.
TOLD = timedelta(seconds=0.5)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
#: Series that are remembered; one more forgets them all, and each is learned again by its next instance.
MOST_REMEMBERED = 4096


@dataclass
class _Place:
    """A series as it was when the last instance with these facts came.

    `told` is when open pages last heard of it, and its settling was last put off.
    """

    study: int
    series: int
    seen: tuple[object, ...]
    told: datetime = LONG_AGO


@dataclass
class QuickRows:
    """Writes what it can, and remembers where the next instance of a series belongs."""

    reach: Reach = None
    _places: dict[tuple[object, ...], _Place] = field(default_factory=dict)

    def write(self, connection: Connection, arrival: Arrival, origin: Origin, key: str) -> bool:
        """Write the rows of an arrival and return True; False, and nothing, when this is not its place."""
        place = self._places.get(_facts(arrival, origin))
        if place is not None:
            return self._next(connection, arrival, origin, _At(place, key))
        return self._first(connection, arrival, origin, key)

    def learn(self, connection: Connection, arrival: Arrival, origin: Origin) -> None:
        """Remember the place of an arrival that was recorded in the long way."""
        facts = arrival.study
        asked = {
            "site": origin.site, "study": facts.study_instance_uid, "series": facts.series_instance_uid,
        }  # fmt: skip
        for study, series in sql.IDS.rows(connection, asked):
            seen = _seen(connection, study, series, origin)
            if seen is not None:
                self._remember(_facts(arrival, origin), _Place(study, series, seen))

    def _next(self, connection: Connection, arrival: Arrival, origin: Origin, at: "_At") -> bool:
        place = at.place
        seen = _seen(connection, place.study, place.series, origin)
        if seen != place.seen:
            del self._places[_facts(arrival, origin)]
            return False
        site, factor = place.seen[-2:]
        row = _instance(arrival, origin, at.key)
        row |= {"site_id": site, "study_id": place.study, "series_id": place.series}
        added = sql.ADD_INSTANCE.first(connection, row)
        if added is None:
            return False
        sql.COUNT.count(connection, {"study": place.study, "at": origin.received_at})
        instant, modality = now(), arrival.study.modality
        if not timedelta(0) <= instant - place.told < TOLD:
            place.told = instant
            sql.ADD_CHANGE.first(connection, {"study_id": place.study, "site_id": site, "at": instant})
            due = instant + timedelta(seconds=quiet_seconds(modality, float(str(factor))))
            if sql.PUT_OFF.count(connection, {"named": f"settle:{place.study}", "due": due}) == 0:
                _errand(connection, "settle", place.study, due, instant)
        if modality in PRE_READ_AT_ONCE:
            _errand(connection, "pre-read", added[0], instant, instant)
        return True

    def forget(self) -> None:
        """Forget every place: the transaction that wrote there last was not committed."""
        self._places.clear()

    def _first(self, connection: Connection, arrival: Arrival, origin: Origin, key: str) -> bool:
        study_uid = arrival.study.study_instance_uid
        asked = {
            "site": origin.site, "study": study_uid, "instance": arrival.sop_instance_uid,
            "calling": origin.calling_ae,
        }  # fmt: skip
        found = sql.SITE_OF_NEW.first(connection, asked)
        if found is None:
            return False
        site, factor = found
        ordinal = _next_ordinal(connection, site, arrival.patient)
        known = _same_number(connection, site, arrival.patient)
        same = next((one for one in known if is_same(one, arrival.patient)), None)
        if same is not None and lacks(same, arrival.patient):
            return False
        patient = same or _add_patient(connection, site, arrival.patient, ordinal)
        of_site = {"site_id": site, "patient_row": patient.id}
        note = "number-of-two" if any(is_other(one, arrival.patient) for one in known) else ""
        study = _added(sql.ADD_STUDY, connection, _study(arrival, origin, note) | of_site)
        series = _added(sql.ADD_SERIES, connection, _series(arrival) | {"study_id": study})
        row = _instance(arrival, origin, key) | {"site_id": site, "study_id": study, "series_id": series}
        instance = _added(sql.ADD_INSTANCE, connection, row)
        instant = now()
        sql.ADD_CHANGE.first(connection, {"study_id": study, "site_id": site, "at": instant})
        modality = arrival.study.modality
        due = instant + timedelta(seconds=quiet_seconds(modality, factor))
        _errand(connection, "settle", study, due, instant)
        if modality in PRE_READ_AT_ONCE:
            _errand(connection, "pre-read", instance, instant, instant)
        if is_beyond(arrival, self.reach):
            with joined(connection) as session:
                say_unread(session, instance, arrival, self.reach)
        seen = (study_uid, arrival.study.series_instance_uid, origin.site, patient.id,
                arrival.patient.patient_id or None, patient.name, patient.name_guessed,
                patient.name_confirmed_by, patient.sex, patient.birth_date,
                site, factor)  # fmt: skip
        self._remember(_facts(arrival, origin), _Place(study, series, seen))
        return True

    def _remember(self, facts: tuple[object, ...], place: _Place) -> None:
        if len(self._places) >= MOST_REMEMBERED:
            self._places.clear()
        self._places[facts] = place


@dataclass(frozen=True)
class _At:
    place: _Place
    key: str


def _seen(connection: Connection, study: int, series: int, origin: Origin) -> tuple[Any, ...] | None:
    return sql.SEEN.first(connection, {"study": study, "series": series, "calling": origin.calling_ae})


def _facts(arrival: Arrival, origin: Origin) -> tuple[object, ...]:
    return origin.site, arrival.study, arrival.patient


@dataclass(frozen=True)
class _Patient:
    """The columns `sql.OF_A_PATIENT`."""

    id: int
    name: str
    name_guessed: bool
    name_raw: bytes
    name_confirmed_by: int | None
    sex: str
    birth_date: str


def _same_number(connection: Connection, site: int, facts: PatientFacts) -> list[_Patient]:
    """As `hub.store.studies.same_number`."""
    if not facts.patient_id:
        return []
    rows = sql.SAME_NUMBER.rows(connection, {"site": site, "number": facts.patient_id})
    return [_Patient(*row) for row in rows]


def _next_ordinal(connection: Connection, site: int, facts: PatientFacts) -> int:
    """As `hub.store.studies.next_ordinal`."""
    if not facts.patient_id:
        return 1
    last = sql.LAST_ORDINAL.first(connection, {"site": site, "number": facts.patient_id})
    return int(last[0]) + 1 if last else 1


def _add_patient(connection: Connection, site: int, facts: PatientFacts, ordinal: int) -> _Patient:
    said: dict[str, Any] = {
        "name": facts.name.text, "name_guessed": facts.name.guessed, "name_raw": facts.name_raw,
        "name_confirmed_by": None, "sex": facts.sex, "birth_date": facts.birth_date,
    }  # fmt: skip
    row = said | {
        "site_id": site, "patient_id": facts.patient_id or None, "issuer": facts.issuer, "ordinal": ordinal,
        "name_sought": facts.name_sought,
    }  # fmt: skip
    return _Patient(_added(sql.ADD_PATIENT, connection, row), **said)


def _study(arrival: Arrival, origin: Origin, note: str) -> dict[str, Any]:
    facts = arrival.study
    return {
        "study_instance_uid": facts.study_instance_uid, "state": "arriving", "priority": "routine",
        "note": note, "modality": facts.modality, "body_part": facts.body_part,
        "description": facts.study_description, "study_date": facts.study_date,
        "study_time": facts.study_time, "accession": facts.accession,
        "study_number": facts.study_id, "history": facts.history,
        "referring": facts.referring, "referring_sought": facts.referring_sought,
        "instances": 1, "late_instances": 0,
        "received_at": origin.received_at, "last_instance_at": origin.received_at,
    }  # fmt: skip


def _series(arrival: Arrival) -> dict[str, Any]:
    facts = arrival.study
    return {
        "series_instance_uid": facts.series_instance_uid, "modality": facts.modality,
        "number": facts.series_number, "description": facts.series_description,
        "body_part": facts.body_part, "laterality": facts.laterality,
    }  # fmt: skip


def _instance(arrival: Arrival, origin: Origin, key: str) -> dict[str, Any]:
    return {
        "sop_instance_uid": arrival.sop_instance_uid, "sop_class_uid": arrival.sop_class_uid,
        "transfer_syntax": arrival.transfer_syntax, "number": arrival.number, "rows": arrival.rows,
        "columns": arrival.columns, "frames": arrival.frames, "view_position": arrival.view_position,
        "size": arrival.size, "digest": arrival.digest, "file_key": key, "damaged": False,
        "rejected": False,
        "calling_ae": origin.calling_ae, "received_at": origin.received_at,
    }  # fmt: skip


def _errand(connection: Connection, kind: str, subject: int, due: datetime, instant: datetime) -> None:
    row = {
        "kind": kind, "key": f"{kind}:{subject}", "subject_id": subject, "state": "waiting",
        "due_at": due, "created_at": instant, "holder": "", "attempts": 0, "losses": 0, "last_error": "",
    }  # fmt: skip
    sql.ADD_ERRAND.first(connection, row)


def _added(insert: Prepared, connection: Connection, row: Mapping[str, Any]) -> int:
    """Return the id of the new row. Raises NotKept where somebody was quicker."""
    found = insert.first(connection, row)
    if found is None:
        raise NotKept("somebody else sent the same a moment ago")
    return int(found[0])
