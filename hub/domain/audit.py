"""The chain that makes an audit row's alteration, loss or move visible."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

FIRST_LINK = "0" * 64


@dataclass(frozen=True)
class AuditEntry:
    """Who did what, to what, from where, and how it went. Times are UTC in ISO 8601."""

    at: str
    actor: str
    role: str
    site: str
    address: str
    act: str
    thing: str
    outcome: str
    detail: str = ""


def link(previous: str, number: int, entry: AuditEntry) -> str:
    """Return the SHA-256 that ties row `number` to the row before it."""
    text = json.dumps([previous, number, asdict(entry)], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def first_broken(rows: Iterable[tuple[int, str, str, AuditEntry]]) -> int | None:
    """Return the number of the first row (number, previous, link, entry) that does not fit, or None."""
    expected_number, previous = 1, FIRST_LINK
    for number, claimed_previous, claimed_link, entry in rows:
        fits = number == expected_number and claimed_previous == previous
        if not fits or claimed_link != link(previous, number, entry):
            return expected_number
        expected_number, previous = number + 1, claimed_link
    return None
