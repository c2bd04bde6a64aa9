"""Inserting what may be there once only, when two do it at the same moment."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hub.errors import HubError


def flush_or(session: Session, otherwise: HubError) -> None:
    """Write what waits in `session`; raise `otherwise` where somebody else wrote the same key first.

    A check beforehand cannot see a row that another transaction has not committed yet; the key does. The
    transaction is of no more use afterwards and ends with the error.
    """
    try:
        session.flush()
    except IntegrityError:
        raise otherwise from None
