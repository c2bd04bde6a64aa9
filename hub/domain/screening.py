"""Screening: which ECG is shown among normal ones, where each study of a campaign is, and what is drawn."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from hub.domain.study import REPORTED
from hub.domain.suggestion import NORMAL, NORMAL_ECG
from hub.errors import Refused

#: ECGs on one page, three by three.
SHEET = 9
LONGEST_NAME = 64
LONGEST_STATEMENT = 500
SHORTEST_STATEMENT = 2
#: Of each hundred confirmed ones exactly as many are drawn as the campaign says.
BLOCK = 100
#: A rule that this hub applies to no ECG at all says nothing against this one.
NEVER_CHECKED = "not-measured-here"
#: What was measured has to be there: a page says rate, PR, QRS and QTc of each.
MEASURED = ("heart_rate", "pr", "qrs", "qtc_bazett")
#: Where a study of a campaign is. Each is in exactly one place, so that the counts add up to the cohort.
PLACES = (
    "normal", "single", "review", "batch", "alone",
    "arriving", "quarantined", "rejected",
)  # fmt: skip
#: Places outside of the work, each named.
EXCLUDED = ("arriving", "quarantined", "rejected")
VERDICTS = ("first", "second")


def is_ai_normal(said: Mapping[str, Any]) -> bool:
    """Tell whether a reading, as `Reading.as_json` wrote it, calls its ECG normal and has no doubt.

    It is assessed, whole and measured; everything over threshold is a sign of health and "normal ECG" is
    among it; no alert was raised, no rule left out for this recording, nothing remarked on its quality.
    """
    if not said["assessed"] or said.get("remarks") or said.get("alerts"):
        return False
    if any(why != NEVER_CHECKED for _rule, why in said.get("unchecked", ())):
        return False
    measured = {one["name"] for one in said["measurements"] if one["value"] is not None}
    positive = {one["code"] for one in said["findings"] if one["positive"]}
    stated = {one["code"] for one in said.get("statements", ())}
    return NORMAL_ECG in positive & stated and positive | stated <= NORMAL and measured >= set(MEASURED)


def place_of(state: str, kind: str | None, ai_normal: bool) -> str:
    """Return where a study of `state` is; `kind` is how it was screened: "batch", "single" or not yet.

    What was confirmed and came back unsigned is to be read singly.
    """
    if state in EXCLUDED:
        return state
    if state in REPORTED:
        return "batch" if kind == "batch" else "alone"
    if state == "written":
        return "review"
    return "normal" if state == "ready" and kind is None and ai_normal else "single"


def is_drawn(percent: int, before: int, drawn: int, dice: Callable[[int], int]) -> bool:
    """Draw the next confirmed study, or not: exactly `percent` of each BLOCK, any of them as likely.

    `before` of the current block were confirmed already and `drawn` of them drawn; `dice(n)` is a random
    number from 0 to n - 1 (selection sampling, Knuth, TAOCP 3.4.2 S).
    """
    return dice(BLOCK - before) < percent - drawn


def checked_name(name: str) -> str:
    """Return a campaign's name, trimmed. Raises Refused."""
    said = " ".join(name.split())
    if not 1 <= len(said) <= LONGEST_NAME:
        raise Refused("a campaign's name has 1 to %(most)s characters", most=LONGEST_NAME)
    return said


def checked_days(begins: str, ends: str) -> tuple[date, date]:
    """Return the first and the last day, from YYYY-MM-DD. Raises Refused."""
    try:
        first, last = date.fromisoformat(begins), date.fromisoformat(ends)
    except ValueError:
        raise Refused("a campaign has a first and a last day") from None
    if last < first:
        raise Refused("a campaign's last day is not before its first")
    return first, last


def checked_percent(percent: str) -> int:
    """Return the share for blind re-reading, in per cent. Raises Refused."""
    if not (percent.isascii() and percent.isdigit() and len(percent) <= 3 and int(percent) <= 100):
        raise Refused("the share for re-reading is a whole number from 0 to 100")
    return int(percent)


def checked_statement(normal: bool, statement: str) -> str:
    """Return what a re-reader states, trimmed; whoever finds something says what. Raises Refused."""
    said = statement.strip()
    if len(said) > LONGEST_STATEMENT:
        raise Refused("a statement has at most %(most)s characters", most=LONGEST_STATEMENT)
    if not normal and len(said) < SHORTEST_STATEMENT:
        raise Refused("an ECG that is not normal needs a statement")
    return said
