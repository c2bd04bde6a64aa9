"""Taking an instance into the index: once per SOP Instance UID, with its errands, in one commit."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.domain.arrival import Arrival, Known, Origin, decide
from hub.domain.study import PRE_READ_AT_ONCE, quiet_seconds
from hub.store import audit
from hub.store.engine import Store
from hub.store.errands import put_off, write_errand
from hub.store.identity import names_another, quarantine, quarantine_if_torn
from hub.store.moves import move_study, touch
from hub.store.sites import site_named
from hub.store.studies import find_or_add_series, find_or_add_study
from hub.store.tables import Instance, KeptAside, Site, Study

#: Kinds of header whose pixels or samples a model might read; SR, PR, KO, PDF and the like are not.
NOT_READ = ("SR", "PR", "KO", "DOC", "SEG", "REG", "RTPLAN", "RTSTRUCT", "RTDOSE", "PLAN", "AU")


def known_instance(session: Session, sop_instance_uid: str) -> Known | None:
    """Return what is held under a SOP Instance UID, whoever sent it."""
    row = session.execute(
        select(Instance.digest, Instance.transfer_syntax, Site.name)
        .join(Site, Site.id == Instance.site_id)
        .where(Instance.sop_instance_uid == sop_instance_uid)
    ).first()
    if row is None:
        return None
    aside = session.execute(
        select(KeptAside.digest, KeptAside.reason)
        .join(Site, Site.id == KeptAside.site_id)
        .where(KeptAside.sop_instance_uid == sop_instance_uid, Site.name == row.name)
    )
    return Known(row.name, row.digest, row.transfer_syntax, {digest: reason for digest, reason in aside})


def receive(store: Store, arrival: Arrival, origin: Origin, keep: Callable[[str], str]) -> str:
    """Keep one arriving instance and return its outcome (`hub.domain.arrival.OUTCOMES`).

    `keep(outcome)` makes the bytes durable and returns their vault key; it is called before the rows
    are committed, and not at all when the hub holds the same bytes already. Raises NotKept from `keep`
    and SQLAlchemy's errors when the database is not there: in both cases nothing was promised.
    """
    with store.reading() as session:
        outcome = decide(arrival, origin.site, known_instance(session, arrival.sop_instance_uid))
    key = keep(outcome) if _needs_file(outcome) else ""
    with store.writing() as session:
        now_known = known_instance(session, arrival.sop_instance_uid)
        decided = decide(arrival, origin.site, now_known)
        record(session, arrival, origin, decided, key)
    if key and not _needs_file(decided):
        store.vault.discard(key)
    return decided


def record(session: Session, arrival: Arrival, origin: Origin, outcome: str, key: str) -> None:
    """Write the rows and errands of one arrival whose file is already durable under `key`."""
    coming = _Coming(arrival, origin, site_named(session, origin.site), key)
    if outcome == "kept":
        _index(session, coming)
    elif outcome.startswith("kept-aside-"):
        _put_aside(session, coming, outcome.removeprefix("kept-aside-"))
    elif outcome == "another-site":
        _audit(session, coming, "refused", f"calling {origin.calling_ae}")


@dataclass(frozen=True)
class _Coming:
    arrival: Arrival
    origin: Origin
    site: Site
    key: str


def _needs_file(outcome: str) -> bool:
    return outcome == "kept" or outcome.startswith("kept-aside")


def _index(session: Session, coming: _Coming) -> None:
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
    _count(session, study, origin)
    quarantine_if_torn(session, study, arrival, site)
    _plan(session, study, instance, coming)


def _count(session: Session, study: Study, origin: Origin) -> None:
    if study.state not in ("arriving", "quarantined", "rejected"):
        study.late_instances += 1
        study.note = "late-instances"
    study.instances += 1
    study.last_instance_at = max(study.last_instance_at, origin.received_at)
    move_study(session, study, "instance-received")


def _plan(session: Session, study: Study, instance: Instance, coming: _Coming) -> None:
    """Write what follows from an arrival: when to count the study as arrived, and what to pre-read."""
    modality = coming.arrival.study.modality
    put_off(session, "settle", study.id, quiet_seconds(modality, coming.site.quiet_factor))
    if modality in PRE_READ_AT_ONCE:
        write_errand(session, "pre-read", instance.id)


def _put_aside(session: Session, coming: _Coming, reason: str) -> None:
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


def _quarantine_if_it_names_another(session: Session, coming: _Coming) -> None:
    """What is kept aside is not shown; a study whose UID it gives a second patient is torn all the same."""
    facts = coming.arrival.study
    study = session.scalar(
        select(Study).where(
            Study.site_id == coming.site.id, Study.study_instance_uid == facts.study_instance_uid
        )
    )
    if study is not None and names_another(study, coming.arrival.patient):
        quarantine(session, study, "two-patients", coming.site.name)


def _audit(session: Session, coming: _Coming, outcome: str, detail: str) -> None:
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
    if study is not None and study.note == "kept-aside" and session.scalar(others.limit(1)) is None:
        study.note = ""
        touch(session, study)


def _flag_study(session: Session, site: Site, sop_instance_uid: str) -> None:
    study = session.scalar(
        select(Study)
        .join(Instance, Instance.study_id == Study.id)
        .where(Instance.sop_instance_uid == sop_instance_uid, Study.site_id == site.id)
    )
    if study is not None:
        study.note = study.note or "kept-aside"
        touch(session, study)
