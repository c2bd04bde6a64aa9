"""Taking an instance into the index: once per SOP Instance UID, with its errands, in one commit."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from hub.domain.arrival import Arrival, Aside, IsSound, Known, Origin, decide
from hub.domain.audit import AuditEntry
from hub.domain.moves import ForbiddenMove
from hub.domain.study import PRE_READ_AT_ONCE, noted, quiet_seconds, unnoted
from hub.store import audit
from hub.store.engine import joined
from hub.store.errands import put_off, write_errand
from hub.store.identity import names_another, quarantine, quarantine_if_torn, take_up_again
from hub.store.moves import move_study, touch
from hub.store.quick_rows import QuickRows
from hub.store.sites import check_open, site_named
from hub.store.studies import find_or_add_series, find_or_add_study
from hub.store.tables import Instance, KeptAside, Site, Study
from hub.store.unread import say_first_unread

#: Kinds of header whose pixels or samples a model might read; SR, PR, KO, PDF and the like are not.
NOT_READ = ("SR", "PR", "KO", "DOC", "SEG", "REG", "RTPLAN", "RTSTRUCT", "RTDOSE", "PLAN", "AU")

#: How outcomes begin whose file is kept beside the instance.
KEPT_ASIDE = ("kept-aside-", "aside-healed-")

#: PostgreSQL's names for a race (serialization failure, deadlock).
RACES = ("40001", "40P01")


_KNOWN = (
    select(Instance.digest, Instance.transfer_syntax, Instance.file_key, Site.name)
    .join(Site, Site.id == Instance.site_id)
    .where(Instance.sop_instance_uid == bindparam("uid"))
)
_ASIDE = (
    select(KeptAside.digest, KeptAside.reason, KeptAside.state, KeptAside.file_key)
    .join(Site, Site.id == KeptAside.site_id)
    .where(KeptAside.sop_instance_uid == bindparam("uid"), Site.name == bindparam("site"))
)


def known_instance(session: Session, sop_instance_uid: str) -> Known | None:
    """Return what is held under a SOP Instance UID, whoever sent it."""
    connection = session.connection()
    row = connection.execute(_KNOWN, {"uid": sop_instance_uid}).first()
    if row is None:
        return None
    found = connection.execute(_ASIDE, {"uid": sop_instance_uid, "site": row.name})
    aside = {one.digest: _aside(one, row) for one in found}
    return Known(row.name, row.digest, row.transfer_syntax, row.file_key, aside)


def _aside(one: Any, held: Any) -> Aside:
    """Return what is kept aside; of what said the same only the instance itself is held."""
    file = held if one.state == "same" else one
    return Aside(one.reason, file.file_key, file.digest)


@dataclass(frozen=True)
class Coming:
    """One arriving instance: what it is, where from, and the vault key of its file.

    The file is durable already. `mark` writes an outcome other than "kept" into its receipt, durably.
    `entry` is the audit row of whoever brings it, by outcome, where the arrival itself leaves none.
    `is_sound` looks at a file that is held already; without it every one is believed.
    """

    arrival: Arrival
    origin: Origin
    key: str
    mark: Callable[[str], None] = lambda _outcome: None
    entry: Callable[[str], AuditEntry | None] | None = None
    is_sound: IsSound = lambda _key, _digest: True


def needs_file(outcome: str) -> bool:
    """Tell whether an outcome keeps the bytes."""
    return outcome in ("kept", "healed") or outcome.startswith(KEPT_ASIDE)


def take(connection: Connection, coming: Coming, quick: QuickRows) -> str:
    """Write the rows and errands of one arrival and return its outcome (`hub.domain.arrival.OUTCOMES`).

    One whose file `needs_file` denies is to be discarded after the commit. Raises Refused where the site or
    the calling device is switched off.
    """
    if quick.write(connection, coming.arrival, coming.origin, coming.key):
        outcome = "kept"
    else:
        with joined(connection) as session:
            outcome = _taken(session, coming, quick)
    entry = coming.entry(outcome) if coming.entry else None
    if entry is not None:
        with joined(connection) as session:
            audit.append(session, entry)
    return outcome


def _taken(session: Session, coming: Coming, quick: QuickRows) -> str:
    arrival, origin = coming.arrival, coming.origin
    check_open(session, origin.site, origin.calling_ae)
    known = known_instance(session, arrival.sop_instance_uid)
    outcome = decide(arrival, origin.site, known, coming.is_sound)
    if outcome.startswith(KEPT_ASIDE):
        coming.mark(outcome)
    record(session, arrival, origin, outcome, coming.key)
    if outcome == "kept":
        session.flush()
        say_first_unread(session, arrival, quick.reach)
        quick.learn(session.connection(), arrival, origin)
    return outcome


def lost_a_race(error: Exception) -> bool:
    """Tell whether another transaction was quicker, so that trying again may succeed."""
    stuck = isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", "") in RACES
    return stuck or isinstance(error, IntegrityError | ForbiddenMove)


def wait_for_studies(connection: Connection, comings: Iterable[Coming]) -> None:
    """One listener at a time adds to a study UID, whichever site: else neither sees the other's patient."""
    if connection.dialect.name != "postgresql":
        return
    for uid in sorted({coming.arrival.study.study_instance_uid for coming in comings}):
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:uid, 0))"), {"uid": uid})


def record(session: Session, arrival: Arrival, origin: Origin, outcome: str, key: str) -> None:
    """Write the rows and errands of one arrival whose file is under `key`."""
    coming = _Arriving(arrival, origin, site_named(session, origin.site), key)
    if outcome == "kept":
        _index(session, coming)
    elif outcome == "healed":
        _heal(session, coming)
    elif outcome.startswith("kept-aside-"):
        _put_aside(session, coming, outcome.removeprefix("kept-aside-"))
    elif outcome.startswith("aside-healed-"):
        _heal_aside(session, coming)
    elif outcome == "another-site":
        _audit(session, coming, "refused", f"calling {origin.calling_ae}")


@dataclass(frozen=True)
class _Arriving:
    arrival: Arrival
    origin: Origin
    site: Site
    key: str


def _index(session: Session, coming: _Arriving) -> None:
    arrival, origin, site = coming.arrival, coming.origin, coming.site
    study = find_or_add_study(session, site, arrival, origin)
    series = find_or_add_series(session, study, arrival)
    instance = Instance(
        site_id=site.id, study_id=study.id, series_id=series.id,
        sop_instance_uid=arrival.sop_instance_uid, sop_class_uid=arrival.sop_class_uid,
        transfer_syntax=arrival.transfer_syntax, number=arrival.number, rows=arrival.rows,
        columns=arrival.columns, frames=arrival.frames, view_position=arrival.view_position,
        size=arrival.size, digest=arrival.digest, file_key=coming.key, calling_ae=origin.calling_ae,
        received_at=origin.received_at,
    )  # fmt: skip
    session.add(instance)
    session.flush()
    was = study.state
    _count(session, study, origin)
    if was == "rejected":
        take_up_again(session, study, site.name)
    quarantine_if_torn(session, study, arrival, site)
    _plan(session, study, instance, coming)


def _count(session: Session, study: Study, origin: Origin) -> None:
    if study.state not in ("arriving", "quarantined", "rejected"):
        study.late_instances += 1
        study.note = noted(study.note, "late-instances")
    study.instances += 1
    study.last_instance_at = max(study.last_instance_at, origin.received_at)
    move_study(session, study, "instance-received")


def _plan(session: Session, study: Study, instance: Instance, coming: _Arriving) -> None:
    """Write what follows from an arrival: when to count the study as arrived, and what to pre-read."""
    modality = coming.arrival.study.modality
    whole = study.expected_instances is not None and study.instances >= study.expected_instances
    put_off(session, "settle", study.id, 0 if whole else quiet_seconds(modality, coming.site.quiet_factor))
    if modality in PRE_READ_AT_ONCE:
        write_errand(session, "pre-read", instance.id)


def _put_aside(session: Session, coming: _Arriving, reason: str) -> None:
    arrival = coming.arrival
    aside = KeptAside(
        site_id=coming.site.id, sop_instance_uid=arrival.sop_instance_uid,
        study_instance_uid=arrival.study.study_instance_uid, transfer_syntax=arrival.transfer_syntax,
        reason=reason, state="comparing" if reason == "syntax" else "open", size=arrival.size,
        digest=arrival.digest, file_key=coming.key, received_at=coming.origin.received_at,
    )  # fmt: skip
    session.add(aside)
    session.flush()
    _audit(session, coming, "kept-aside", reason)
    if reason == "syntax":
        write_errand(session, "compare", aside.id)
    _flag_study(session, coming.site, arrival.sop_instance_uid)
    _quarantine_if_it_names_another(session, coming)


def _quarantine_if_it_names_another(session: Session, coming: _Arriving) -> None:
    """What is kept aside is not shown; a study whose UID it gives a second patient is torn all the same."""
    facts = coming.arrival.study
    study = session.scalar(
        select(Study).where(
            Study.site_id == coming.site.id, Study.study_instance_uid == facts.study_instance_uid
        )
    )
    if study is not None and names_another(study, coming.arrival.patient):
        quarantine(session, study, "two-patients", coming.site.name)


def _heal(session: Session, coming: _Arriving) -> None:
    """Let the same bytes, sent again, replace a lost or damaged file; what is left of that stays."""
    uid = coming.arrival.sop_instance_uid
    instance = session.scalars(select(Instance).where(Instance.sop_instance_uid == uid)).one()
    instance.file_key, instance.damaged = coming.key, False
    _audit(session, coming, "healed", "")
    touch(session, session.get_one(Study, instance.study_id))


def _heal_aside(session: Session, coming: _Arriving) -> None:
    """The same for what is kept aside: a person is asked anew."""
    aside = session.scalars(
        select(KeptAside).where(
            KeptAside.site_id == coming.site.id, KeptAside.digest == coming.arrival.digest,
            KeptAside.sop_instance_uid == coming.arrival.sop_instance_uid,
        )
    ).one()  # fmt: skip
    aside.file_key, aside.state = coming.key, "open"
    _audit(session, coming, "healed", aside.reason)
    _flag_study(session, coming.site, aside.sop_instance_uid)


def _audit(session: Session, coming: _Arriving, outcome: str, detail: str) -> None:
    thing = coming.arrival.sop_instance_uid[:128]
    who = {"site": coming.site.name, "address": coming.origin.address, "detail": detail}
    audit.append(session, audit.entry("store", thing, outcome, **who))


def unflag(session: Session, aside: KeptAside) -> None:
    """Take the note from a study whose kept-aside re-send turned out to be the same, if no other is open."""
    others = select(KeptAside.id).where(
        KeptAside.site_id == aside.site_id, KeptAside.study_instance_uid == aside.study_instance_uid,
        KeptAside.id != aside.id, KeptAside.state.in_(("open", "comparing")),
    )  # fmt: skip
    study = session.scalar(
        select(Study).where(
            Study.site_id == aside.site_id, Study.study_instance_uid == aside.study_instance_uid
        )
    )
    if study is not None and session.scalar(others.limit(1)) is None:
        study.note = unnoted(study.note, "kept-aside")
        touch(session, study)


def _flag_study(session: Session, site: Site, sop_instance_uid: str) -> None:
    study = session.scalar(
        select(Study)
        .join(Instance, Instance.study_id == Study.id)
        .where(Instance.sop_instance_uid == sop_instance_uid, Study.site_id == site.id)
    )
    if study is not None:
        study.note = noted(study.note, "kept-aside")
        touch(session, study)
