"""Instances that were sent and could not be taken: without them their study is not whole."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hub.domain.study import noted
from hub.store.dialects import insert_of
from hub.store.engine import now
from hub.store.moves import touch
from hub.store.sites import site_named
from hub.store.tables import Instance, Study, UntakenInstance


@dataclass(frozen=True)
class Untaken:
    """An instance that a site sent and the hub could not take."""

    site: str
    study_instance_uid: str
    sop_instance_uid: str


def note_untaken(session: Session, what: Untaken) -> None:
    """Remember that an instance is still to come; one that is held already is not.

    A study that does not wait for it any more says at once that it lacks something.
    """
    uid = what.sop_instance_uid
    if session.scalar(select(Instance.id).where(Instance.sop_instance_uid == uid)) is not None:
        return
    row = {
        "site_id": site_named(session, what.site).id, "study_instance_uid": what.study_instance_uid,
        "sop_instance_uid": uid, "at": now(),
    }  # fmt: skip
    insert = insert_of(session.get_bind().dialect.name)
    session.execute(
        insert(UntakenInstance).on_conflict_do_nothing(index_elements=["site_id", "sop_instance_uid"]), [row]
    )
    study = session.scalar(
        select(Study).where(
            Study.site_id == row["site_id"], Study.study_instance_uid == what.study_instance_uid
        )
    )
    if study is not None and study.state != "arriving":
        study.note = noted(study.note, "incomplete")
        touch(session, study)


def untaken_of(session: Session, site_id: int, study_instance_uid: str) -> frozenset[str]:
    """Return the instances of a study that could not be taken, whether or not they came later."""
    asked = select(UntakenInstance.sop_instance_uid).where(
        UntakenInstance.site_id == site_id, UntakenInstance.study_instance_uid == study_instance_uid
    )
    return frozenset(session.scalars(asked))


def with_untaken(session: Session, site_id: int, study_instance_uids: Sequence[str]) -> frozenset[str]:
    """Return which of these studies of a site sent what could not be taken."""
    asked = select(UntakenInstance.study_instance_uid).where(
        UntakenInstance.site_id == site_id, UntakenInstance.study_instance_uid.in_(study_instance_uids)
    )
    return frozenset(session.scalars(asked))


def forget_untaken(session: Session, site_id: int, study_instance_uid: str) -> None:
    """Forget what a study lacked once it is whole."""
    session.execute(
        delete(UntakenInstance).where(
            UntakenInstance.site_id == site_id, UntakenInstance.study_instance_uid == study_instance_uid
        )
    )  # fmt: skip
