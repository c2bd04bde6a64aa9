"""Flagging instances whose bytes are no longer those that were acknowledged."""

from sqlalchemy.orm import Session

from hub.store import audit
from hub.store.moves import touch
from hub.store.tables import Instance, Study


def flag(session: Session, instance_id: int, file_key: str, damaged: bool) -> bool:
    """Say whether an instance's file is damaged; audited and told to open pages where that is news.

    Not where it has got another file meanwhile.
    """
    row = session.get_one(Instance, instance_id)
    if row.damaged == damaged or row.file_key != file_key:
        return False
    row.damaged = damaged
    study = session.get_one(Study, row.study_id)
    outcome = "damaged" if damaged else "whole again"
    audit.append(
        session, audit.entry("check", f"instance:{row.sop_instance_uid}", outcome, site=study.site.name)
    )
    touch(session, study)
    return True
