"""Why an instance or a study is rejected, and what an identity is corrected to (IHE RAD IOCM)."""

import re
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
LONGEST_ID, LONGEST_NAME = 64, 64


@dataclass(frozen=True)
class Identity:
    """Whom a study is really of. The birth date is YYYYMMDD or empty."""

    patient_id: str
    name: str
    sex: str = ""
    birth_date: str = ""


def check_words(reason: str, words: str) -> None:
    """Raise Refused unless a known reason is given, and a person's own words for it."""
    if reason not in REASONS:
        raise Refused("the reason is none of %(some)s", some=", ".join(REASONS))
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
    if faults:
        raise Refused.for_all(faults)
