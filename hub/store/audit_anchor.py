"""The end of the audit trail, kept beside the database: a trail cut off or replaced does not fit it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.errors import Refused
from hub.private_file import keep_private
from hub.store import audit
from hub.store.engine import Store
from hub.store.tables import AuditHead, AuditRow

FILE = "audit-anchor.json"
#: How the first row of a trail that a rebuild began names the trail before it.
ACT, THING, OUTCOME = "audit", "trail", "begun-anew"


@dataclass(frozen=True)
class Anchor:
    """The last row of the trail that was seen: its number and link."""

    number: int
    link: str


class AnchorUnreadable(Refused):
    """The file is there and holds no anchor."""


def drop_anchor(store: Store) -> bool:
    """Keep the trail's end as it is now; False when it does not go on from the one kept before.

    Then the file stays as it is, and `fault` says what is missing. Raises OSError.
    """
    path = store.settings.data_dir / FILE
    try:
        before = anchored(path)
    except AnchorUnreadable:
        return False
    with store.reading() as session:
        head = session.get(AuditHead, 1)
        if before is not None and not _goes_on_from(session, before):
            return False
        if head is None or head.number == 0 or before == Anchor(head.number, head.link):
            return True
        now = Anchor(head.number, head.link)
    keep_private(path, json.dumps(asdict(now)))
    return True


def begin_anew(store: Store) -> None:
    """Before a rebuild: when the trail that was anchored is gone, say so in the first row of the next one."""
    before = _anchor_of(store)
    with store.writing() as session:
        if before is None or _goes_on_from(session, before):
            return
        audit.append(session, audit.entry(ACT, THING, OUTCOME, detail=_named(before)))


def fault(store: Store) -> str:
    """Return what is wrong with the trail's end, in words; empty when nothing is."""
    try:
        before = _anchor_of(store)
    except AnchorUnreadable:
        return f"{FILE} is not readable, so nobody can say whether the trail is whole"
    with store.reading() as session:
        if before is None or _goes_on_from(session, before):
            return ""
        head = session.get(AuditHead, 1)
    there = head.number if head else 0
    return f"an older trail of {before.number} rows existed, and this one of {there} does not go on from it"


def earlier_trails(store: Store) -> list[str]:
    """Name the trails that ended before this one began, as its rows say."""
    with store.reading() as session:
        said = select(AuditRow.detail).where(
            AuditRow.act == ACT, AuditRow.thing == THING, AuditRow.outcome == OUTCOME
        )
        return list(session.scalars(said.order_by(AuditRow.number)))


def anchored(path: Path) -> Anchor | None:
    """Return the anchor in a file, or None where there is none. Raises AnchorUnreadable."""
    try:
        return Anchor(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise AnchorUnreadable(f"{path} is not readable: keep a copy of it, then remove it") from error


def _anchor_of(store: Store) -> Anchor | None:
    return anchored(store.settings.data_dir / FILE)


def _goes_on_from(session: Session, before: Anchor) -> bool:
    """Tell whether the trail holds the anchored row, or was begun anew with a row that names it."""
    link = session.scalar(select(AuditRow.link).where(AuditRow.number == before.number))
    if link == before.link:
        return True
    anew = select(AuditRow.number).where(
        AuditRow.act == ACT, AuditRow.thing == THING, AuditRow.outcome == OUTCOME,
        AuditRow.detail == _named(before),
    )  # fmt: skip
    return session.scalar(anew.limit(1)) is not None


def _named(anchor: Anchor) -> str:
    return f"after a trail of {anchor.number} rows that ended with {anchor.link}"
