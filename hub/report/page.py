"""Everything that the printed report shows, and nothing that it does not."""

import re
from dataclasses import dataclass
from datetime import datetime

from hub.domain.report import ReportText

_SHA256_HEX = re.compile("[0-9a-f]{64}")
LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class PatientOnPage:
    """Who was examined, in the words to be printed; `guessed` marks a name whose characters were guessed."""

    name: str
    patient_id: str
    sex: str = ""
    age: str = ""
    birth_date: str = ""
    guessed: bool = False


@dataclass(frozen=True)
class StudyOnPage:
    """What was examined, where and when, in the words to be printed."""

    study_uid: str
    site: str
    date: str
    modality: str
    description: str = ""
    accession: str = ""
    history: str = ""


@dataclass(frozen=True)
class DoctorOnPage:
    """Who wrote or signed; `licence` is the number of the doctor's practising certificate."""

    name: str
    licence: str = ""


@dataclass(frozen=True)
class ReportPage:
    """One version of one report as it is printed.

    `signed_at` is local time with its offset. `digest` is the SHA-256, in hex, of the report's canonical
    content (not of the PDF). `predecessor` is the sentence about the version that this one replaces.
    `ai` holds one line per model consulted. `verify_at` is the hub's address for the code on the paper.
    `ecg_svg` comes from `hub.report.ecg_svg`. `author` is the first reader where that is not the signer.
    ValueError names what is wrong.
    """

    organisation: str
    title: str
    patient: PatientOnPage
    study: StudyOnPage
    text: ReportText
    signer: DoctorOnPage
    signed_at: datetime
    digest: str
    version: int = 1
    author: DoctorOnPage | None = None
    predecessor: str = ""
    ai: tuple[str, ...] = ()
    ecg_svg: str = ""
    demo: bool = False
    verify_at: str = ""
    language: str = "zh"

    def __post_init__(self) -> None:
        if self.signed_at.tzinfo is None:
            raise ValueError("signed_at must carry its offset from UTC")
        if not _SHA256_HEX.fullmatch(self.digest):
            raise ValueError("digest must be the 64 hex digits of a SHA-256")
        if self.language not in LANGUAGES:
            raise ValueError(f"a report is printed in one of {', '.join(LANGUAGES)}")
