"""Why an instance or a study is rejected, and what an identity is corrected to (IHE RAD IOCM)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hub.domain.order import SEXES, is_date
from hub.errors import Refused, Sentence

Code = tuple[str, str, str]

#: The title of the key object that tells it, by the word for it here (IHE RAD TF-3 4.66, PS3.16 CID 7010).
REASONS: dict[str, Code] = {
    "quality": ("113001", "DCM", "Rejected for Quality Reasons"),
    "patient": ("113037", "DCM", "Rejected for Patient Safety Reasons"),
    "worklist": ("113038", "DCM", "Incorrect Modality Worklist Entry"),
}
LONGEST_WORDS = 500
#: A name has up to three component groups of 64 characters (PS3.5 6.2).
LONGEST_ID, LONGEST_NAME = 64, 194
#: What may be unknown of somebody who is named.
MAY_BE_UNKNOWN = ("sex", "birth_date")
FIELDS = ("patient_id", "name", *MAY_BE_UNKNOWN)


@dataclass(frozen=True)
class Identity:
    """Whom a study is really of. The birth date is YYYYMMDD.

    An empty sex or birth date leaves what is held; only one that is said to be `unknown` erases it.
    """

    patient_id: str
    name: str
    sex: str = ""
    birth_date: str = ""
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """What a correction makes of a field; an empty `new` erases it."""

    field: str
    old: str
    new: str


def changes(held: Identity, said: Identity) -> tuple[Change, ...]:
    """Return what the correction `said` alters in what is held."""
    found = []
    for field in FIELDS:
        old, new = getattr(held, field), getattr(said, field)
        if new != old and (new or field in said.unknown):
            found.append(Change(field, old, new))
    return tuple(found)


def check_reason(reason: str, words: str) -> None:
    """Raise Refused unless a known reason is given, and a person's own words for it."""
    if reason not in REASONS:
        raise Refused("the reason is none of %(some)s", some=", ".join(REASONS))
    check_words(words)


def check_words(words: str) -> None:
    """Raise Refused unless a person says in words why they reject, or take a rejection back."""
    if not words.strip():
        raise Refused("a rejection needs a reason in words")
    if len(words) > LONGEST_WORDS:
        raise Refused("the reason has more than %(most)s characters", most=LONGEST_WORDS)


def check_identity(identity: Identity) -> None:
    """Raise Refused, naming every fault at once, where nobody is named so."""
    faults = []
    for name, value, longest in (
        ("patient_id", identity.patient_id, LONGEST_ID),
        ("name", identity.name, LONGEST_NAME),
    ):
        if not value.strip():
            faults.append(Sentence("%(field)s is missing", {"field": name}))
        if len(value) > longest or re.search(r"[\x00-\x1f\\]", value):
            faults.append(
                Sentence(
                    "%(field)s is too long, or holds a backslash or a control character", {"field": name}
                )
            )
    if identity.sex not in SEXES:
        faults.append(Sentence("sex is none of M, F, O"))
    if identity.birth_date and not is_date(identity.birth_date):
        faults.append(Sentence("birth_date is no date YYYYMMDD"))
    faults += _unknown_faults(identity)
    if faults:
        raise Refused.for_all(faults)


def _unknown_faults(identity: Identity) -> Iterator[Sentence]:
    for name in identity.unknown:
        if name not in MAY_BE_UNKNOWN:
            yield Sentence("%(field)s cannot be unknown", {"field": name})
        elif getattr(identity, name):
            yield Sentence("%(field)s is both given and unknown", {"field": name})
