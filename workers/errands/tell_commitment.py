"""Tells a peer what became of the instances that it asked the hub to commit to."""

import random
from collections.abc import Callable, Iterator

from sqlalchemy.orm import Session

from dicom.commitment import Named, result_report, tell_result
from dicom.errors import Damaged, NoAssociation
from dicom.sound import damage, sound_file
from hub.domain.commitment import CLASS_INSTANCE_CONFLICT, NO_SUCH_INSTANCE, PROCESSING_FAILURE
from hub.domain.errand import delivery_delay_seconds, delivery_is_over
from hub.store import audit, now
from hub.store.commitments import TELL, held, move_commitment
from hub.store.devices import node_at
from hub.store.errands import Task
from hub.store.tables import Commitment, Instance, Site
from workers.desk import Desk, Done, GivenUp, Later, Result

KIND = TELL
QUEUE = "post"


def work(desk: Desk, task: Task) -> Result:
    """Compare every file with its digest, and tell the asker; while it is away, try again for a week."""
    with desk.store.reading() as session:
        commitment = session.get_one(Commitment, task.subject_id)
        site = session.get_one(Site, commitment.site_id)
        node = node_at(session, site, commitment.calling_ae)
        found = held(session, commitment)
    if commitment.state != "asked":
        return Done()
    failed = dict(_failed(desk, site, commitment, found))
    committed = [named for named in _named(commitment) if named not in failed]
    try:
        if node is None:
            raise NoAssociation(f"{commitment.calling_ae} has no node any more")
        report = result_report(commitment.transaction_uid, committed, failed)
        tell_result(node, desk.settings.ae_title, report)
    except NoAssociation as error:
        return _later(task, commitment, str(error))
    said = f"{len(committed)} committed, {len(failed)} not; to {node}"
    return Done(_record(commitment, site, "result-told", said, missing=len(failed), told_at=now()))


def _named(commitment: Commitment) -> list[Named]:
    return [(sop_class, uid) for sop_class, uid in commitment.instances]


def _failed(
    desk: Desk, site: Site, commitment: Commitment, found: dict[str, Instance]
) -> Iterator[tuple[Named, int]]:
    """Yield what the hub cannot vouch for, and why: it has it not, as something else, or not unaltered."""
    for named in _named(commitment):
        instance = found.get(named[1])
        if instance is None:
            yield named, NO_SUCH_INSTANCE
        elif instance.sop_class_uid != named[0]:
            yield named, CLASS_INSTANCE_CONFLICT
        elif not _is_sound(desk, site, instance):
            yield named, PROCESSING_FAILURE


def _is_sound(desk: Desk, site: Site, instance: Instance) -> bool:
    try:
        sound_file(desk.store, instance, lambda: damage(instance, site=site.name), anew=True)
    except Damaged:
        return False
    return True


def _later(task: Task, commitment: Commitment, why: str) -> Result:
    failures = commitment.failures + 1
    if delivery_is_over((now() - task.created_at).total_seconds()):
        return GivenUp(why, lambda session: move_commitment(session, _again(session, commitment), "given-up"))

    def record(session: Session) -> None:
        _again(session, commitment).failures = failures

    return Later(delivery_delay_seconds(failures, random.random()), why, record=record)


def _record(
    commitment: Commitment, site: Site, event: str, said: str, **values: object
) -> Callable[[Session], None]:
    def record(session: Session) -> None:
        move_commitment(session, _again(session, commitment), event, **values)
        thing = f"commitment:{commitment.transaction_uid}"
        audit.append(session, audit.entry("commitment", thing, event, site=site.name, detail=said))

    return record


def _again(session: Session, commitment: Commitment) -> Commitment:
    return session.get_one(Commitment, commitment.id)
