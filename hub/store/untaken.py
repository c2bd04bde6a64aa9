"""Instances that were sent and could not be taken: without them their study is not whole.

Those that are unreadable were refused for good: nobody waits for them, and their study counts them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from hub.domain.study import counted, noted
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
    unreadable: bool = False


def note_untaken(session: Session, what: Untaken) -> None:
    """Remember that an instance is still to come; one that is held already is not.

    A study that does not wait for it any more says at once that it lacks something.
    """
    uid, site_id = what.sop_instance_uid, site_named(session, what.site).id
    held = select(Instance.id).where(Instance.site_id == site_id, Instance.sop_instance_uid == uid)
    if session.scalar(held) is not None:
        return
    row = {
        "site_id": site_id, "study_instance_uid": what.study_instance_uid,
        "sop_instance_uid": uid, "unreadable": what.unreadable, "at": now(),
    }  # fmt: skip
    insert = insert_of(session.get_bind().dialect.name)(UntakenInstance)
    newest = {name: insert.excluded[name] for name in ("study_instance_uid", "unreadable", "at")}
    session.execute(
        insert.on_conflict_do_update(index_elements=["site_id", "sop_instance_uid"], set_=newest), [row]
    )
    study = session.scalar(
        select(Study).where(Study.site_id == site_id, Study.study_instance_uid == what.study_instance_uid)
    )
    if study is None or study.state == "arriving":
        return
    if what.unreadable:
        count_unreadable(session, study)
    else:
        study.note = noted(study.note, "incomplete")
        touch(session, study)


def count_unreadable(session: Session, study: Study) -> None:
    """Let a study say how many of its instances were refused as unreadable and are not held."""
    held = select(Instance.id).where(
        Instance.site_id == UntakenInstance.site_id,
        Instance.sop_instance_uid == UntakenInstance.sop_instance_uid,
    )
    asked = select(func.count()).where(
        UntakenInstance.site_id == study.site_id, UntakenInstance.unreadable,
        UntakenInstance.study_instance_uid == study.study_instance_uid, ~held.exists(),
    )  # fmt: skip
    note = counted(study.note, "unreadable", session.scalar(asked) or 0)
    if note != study.note:
        study.note = note
        touch(session, study)


def untaken_of(session: Session, site_id: int, study_instance_uid: str) -> frozenset[str]:
    """Return the instances of a study that could not be taken and are waited for, or came later."""
    asked = select(UntakenInstance.sop_instance_uid).where(
        UntakenInstance.site_id == site_id, UntakenInstance.study_instance_uid == study_instance_uid,
        ~UntakenInstance.unreadable,
    )  # fmt: skip
    return frozenset(session.scalars(asked))


def with_untaken(session: Session, site_id: int, study_instance_uids: Sequence[str]) -> frozenset[str]:
    """Return which of these studies of a site sent what could not be taken."""
    asked = select(UntakenInstance.study_instance_uid).where(
        UntakenInstance.site_id == site_id, UntakenInstance.study_instance_uid.in_(study_instance_uids)
    )
    return frozenset(session.scalars(asked))


def forget_untaken(session: Session, site_id: int, study_instance_uid: str) -> None:
    """Forget what a study waited for once it is whole."""
    session.execute(
        delete(UntakenInstance).where(
            UntakenInstance.site_id == site_id, UntakenInstance.study_instance_uid == study_instance_uid,
            ~UntakenInstance.unreadable,
        )
    )  # fmt: skip
