"""Left and right: a report names no side that was neither ordered nor acquired."""

import re
from collections.abc import Iterable

from hub.domain.signing_case import SigningCase

KEY = "laterality"

SIDES = {"L": "左", "R": "右"}
ENGLISH = {"L": re.compile(r"\b(LEFT|LT)\b"), "R": re.compile(r"\b(RIGHT|RT)\b")}
#: A side of these is no side of the examination.
PAIRED = re.compile(r"[左右](?:心|房|室|束支|肺|膈|主支气管|胸|乳|位|前斜|后斜|侧位|侧卧)")
#: Where both sides are looked at, one may be named.
TRUNK = re.compile(
    r"胸|肺|腹|盆|头|颅|脑|颈|脊|椎|肋|CHEST|THORAX|ABDOMEN|PELVIS|HEAD|SPINE|SKULL|BRAIN|LUNG"
)


def concerns(case: SigningCase) -> Iterable[str]:
    """Compare the sides that the conclusion names with the order and with DICOM's Laterality."""
    known = sides_known(case)
    if len(known) != 1 or TRUNK.search(case.ordered.upper()):
        return
    (side,) = known
    other = SIDES["R" if side == "L" else "L"]
    said = PAIRED.sub("", case.words)
    if other in said:
        yield f"报告写有“{other}”，而检查申请或图像为“{SIDES[side]}”侧"


def sides_known(case: SigningCase) -> set[str]:
    """Return the sides that were ordered or acquired."""
    if case.lateralities & {"B"}:
        return {"L", "R"}
    ordered = case.ordered.upper()
    if "双" in ordered or "两侧" in ordered or "BILAT" in ordered:
        return {"L", "R"}
    named = {side for side, word in SIDES.items() if word in ordered or ENGLISH[side].search(ordered)}
    return named | (case.lateralities & set(SIDES))
