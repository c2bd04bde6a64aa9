"""A report's content, what its signature is bound to, and the digest that names it."""

import hashlib
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class ReportText:
    """What the reader wrote: 检查所见, 诊断意见, 建议, and the addendum's own words if it is one."""

    findings: str
    impression: str
    advice: str = ""
    addendum: str = ""

    @property
    def is_empty(self) -> bool:
        """An impression is what makes a report."""
        return not self.impression.strip()


@dataclass(frozen=True)
class Shown:
    """What stood on the page when the reader signed."""

    study_uid: str
    site: str
    patient_id: str
    patient_name: str
    patient_sex: str
    patient_birth_date: str
    instances: tuple[tuple[str, str], ...]
    pre_reads: tuple[tuple[str, str, str], ...]
    draft_version: int

    def digest(self) -> str:
        """Return the SHA-256 of everything shown, in hex."""
        return canonical_digest(asdict(self))


def canonical_digest(content: object) -> str:
    """Return the SHA-256, in hex, of `content` as JSON with sorted keys and no spaces, in UTF-8."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def differences(before: Shown, now: Shown) -> tuple[str, ...]:
    """Name what changed since the page was loaded, in the order in which a reader should care."""
    named = (
        ("identity", ("site", "patient_id", "patient_name", "patient_sex", "patient_birth_date")),
        ("instances", ("instances",)),
        ("pre-read", ("pre_reads",)),
        ("draft", ("draft_version",)),
    )
    return tuple(
        name
        for name, fields in named
        if any(getattr(before, field) != getattr(now, field) for field in fields)
    )
