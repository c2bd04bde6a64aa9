"""The difference between two texts, in pieces that are the same, gone or new."""

import re
from dataclasses import asdict
from difflib import SequenceMatcher

from hub.domain.report import ReportText

#: Up to so many characters letters are compared, beyond that sentences.
MOST_LETTERS = 1500
SENTENCE = re.compile(r"[^。；\n]*[。；\n]?")

Piece = tuple[str, str]


def text_diff(before: str, after: str) -> tuple[Piece, ...]:
    """Return pieces of ("same" | "gone" | "new", words) that turn `before` into `after`."""
    one, other = _units(before, after), _units(after, before)
    pieces: list[Piece] = []
    for kind, i, j, k, m in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        gone, new = "".join(one[i:j]), "".join(other[k:m])
        if kind == "equal":
            pieces.append(("same", gone))
        else:
            pieces += [piece for piece in (("gone", gone), ("new", new)) if piece[1]]
    return tuple(pieces)


def report_diff(before: ReportText, after: ReportText) -> dict[str, tuple[Piece, ...]]:
    """Return the difference of each part that changed; what differs in spaces only has not."""
    old, new = asdict(before), asdict(after)
    return {part: text_diff(old[part], new[part]) for part in old if old[part].strip() != new[part].strip()}


def _units(text: str, other: str) -> list[str]:
    if len(text) + len(other) <= MOST_LETTERS:
        return list(text)
    return [unit for unit in SENTENCE.findall(text) if unit]
