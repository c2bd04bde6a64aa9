"""What a doctor's words say of atrial fibrillation and flutter: a rule that hesitates where they do."""

import re
from collections.abc import Sequence

from hub.domain.report import ReportText

#: kind: (its words, SNOMED CT code, display)
KINDS: dict[str, tuple[str, str, str]] = {
    "fibrillation": (
        r"心房(?:扑动[-—/、和或]{0,2})?(?:颤动|纤颤)|房颤|atrial fibrillation|\ba-?fib\b",
        "49436004",
        "Atrial fibrillation",
    ),
    "flutter": (r"心房扑动|房扑|atrial flutter", "5370000", "Atrial flutter"),
}
#: From what is surest to what is least.
CERTAINTIES = ("confirmed", "unclear")

CLAUSE = re.compile(r"[,，。;；\n]|\.(?!\d)")
DOUBT = re.compile(
    r"可能|待排|待查|疑|不除外|不能除外|不排除|不能排除|不完全除外|考虑|\?|？"
    r"|possible|probable|suspect|cannot exclude",
    re.IGNORECASE,
)
#: What takes a word back that follows shortly. 非瓣膜性 and 无症状性 are kinds of it and deny nothing.
DENIED = re.compile(
    r"(?:(?:未见|未发现|未提示|无(?!症状)|没有|排除|除外|不支持|不符合|否认|不伴)[^波：:]{0,12}|非"
    r"|\b(?:no|not|without|negative for)\b.{0,24})$",
    re.IGNORECASE,
)
RULED_OUT = re.compile(r"^.{0,4}(?:已除外|已排除|可除外|可排除|不成立)")
#: A known illness that this ECG need not show.
PAST = re.compile(
    r"^(?:病?史|术后|.{0,4}(?:消失|转复|终止)|.{0,6}消融术?后)|(?:既往|病史|史).{0,8}$|history of",
    re.IGNORECASE,
)


def said_of(text: str) -> dict[str, str]:
    """Return which kinds of KINDS the text affirms, each "confirmed" or "unclear"; one it denies is left out.

    One clear clause outweighs a doubtful one; of a clear yes and a clear no the kind is "unclear".
    """
    found = {kind: _heard(text, words) for kind, (words, _code, _display) in KINDS.items()}
    return {kind: certainty for kind, certainty in found.items() if certainty}


def said_of_versions(versions: Sequence[ReportText]) -> dict[str, str]:
    """Return what a report's versions, oldest first, affirm by the end: the newest words on a kind count.

    An addendum outranks what stands above it, an impression the findings.
    """
    last = versions[-1]
    parts = [one.addendum for one in reversed(versions)] + [last.impression, last.findings]
    found = {}
    for kind, (words, _code, _display) in KINDS.items():
        spoken = next((part for part in parts if re.search(words, part, re.IGNORECASE)), "")
        certainty = _heard(spoken, words)
        if certainty:
            found[kind] = certainty
    return found


def _heard(text: str, words: str) -> str:
    said = [one for clause in CLAUSE.split(text) for one in _of_clause(clause, words)]
    if "confirmed" in said:
        return "unclear" if "denied" in said else "confirmed"
    return "unclear" if "unclear" in said else ""


def _of_clause(clause: str, words: str) -> list[str]:
    doubtful = bool(DOUBT.search(clause))
    found = re.finditer(words, clause, re.IGNORECASE)
    return ["unclear" if doubtful else _of_word(clause[: at.start()], clause[at.end() :]) for at in found]


def _of_word(before: str, after: str) -> str:
    if DENIED.search(before) or RULED_OUT.match(after):
        return "denied"
    return "unclear" if PAST.match(after) or PAST.search(before) else "confirmed"
