"""Counting the commonest study as arrived in few statements: one that was just sent and nobody announced.

Everything else is for `hub.store.settling`, whose rows these are; a test compares both ways.
"""

from sqlalchemy import Connection

from hub.domain.moves import ForbiddenMove
from hub.store import quick_statements as sql
from hub.store.engine import now
from hub.store.errands import done_row, new_row


def settle_quickly(connection: Connection, site: str, study_instance_uid: str, holder: str) -> bool:
    """Settle a study and return True; False, and nothing is written, when this is not its place.

    Raises ForbiddenMove when somebody else moved it first.
    """
    found = sql.PLAIN_ARRIVING.first(connection, {"site": site, "study": study_instance_uid})
    if found is None:
        return False
    study, site_id, to_read = found
    if sql.DO_ERRAND.first(connection, done_row("settle", study, holder)) is None:
        return False  # a worker is at it
    if sql.SETTLE.count(connection, {"study": study}) != 1:
        raise ForbiddenMove("'arrival-settled': somebody else moved the study first")
    sql.ADD_CHANGE.first(connection, {"study_id": study, "site_id": site_id, "at": now()})
    if to_read is not None:
        sql.ADD_ERRAND.first(connection, new_row("pre-read", to_read))
    return True
