"""What an ECG file says: the recording, whose it is, when and with what it was taken."""

from dataclasses import dataclass, field

from hub.domain.subject import EcgRecord


@dataclass(frozen=True)
class Sitter:
    """Whom the file names; dates as YYYYMMDD, sex M, F, O or empty."""

    patient_id: str = ""
    name: str = ""
    birth_date: str = ""
    sex: str = ""
    age_years: int | None = None


@dataclass(frozen=True)
class Taking:
    """When and with what the ECG was taken; `moment` is YYYYMMDDHHMMSS or empty where it is not said."""

    moment: str = ""
    manufacturer: str = ""
    model: str = ""
    software: str = ""
    institution: str = ""
    accession: str = ""


@dataclass(frozen=True)
class ForeignEcg:
    """One ECG out of a file; `left_out` names channels that are none of the twelve leads.

    `filters_hz` are high pass, low pass and notch, 0.0 where the file does not say.
    """

    format: str
    record: EcgRecord
    sitter: Sitter = field(default_factory=Sitter)
    taking: Taking = field(default_factory=Taking)
    left_out: tuple[str, ...] = ()
    filters_hz: tuple[float, float, float] = (0.0, 0.0, 0.0)
