"""Values as a sender's row holds them, made fit for an element of a new object."""

import re
from datetime import date

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: PS3.5 6.2: characters in one value of LO, in one of SH, and in one component group of PN.
LONG_STRING, SHORT_STRING, NAME_GROUP = 64, 16, 64


def clean_text(value: str, length: int = LONG_STRING) -> str:
    """Return one value: no backslash, which would part it, no control characters, not too long."""
    one_line = re.sub(r"[\r\n\t]+", " ", value).replace("\\", "/")
    return CONTROL.sub("", one_line).strip()[:length].strip()


def clean_paragraphs(value: str) -> str:
    """Return a text of several lines with the line ends that the standard wants (PS3.5 6.1.3)."""
    return CONTROL.sub("", value).replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def clean_name(value: str) -> str:
    """Return a person name of at most three component groups, each not too long."""
    return "=".join(clean_text(group, NAME_GROUP) for group in value.split("=")[:3])


def clean_date(value: str) -> str:
    """Return YYYYMMDD, or nothing when the value is no day of the calendar."""
    digits = value.strip().replace("-", "").replace(".", "")
    if not re.fullmatch(r"\d{8}", digits, re.ASCII):
        return ""
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return ""
    return digits


def clean_time(value: str) -> str:
    """Return HHMMSS with its fraction, or nothing when the value is no time of day."""
    digits = value.strip().replace(":", "")
    is_time = re.fullmatch(r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?", digits, re.ASCII)
    return digits if is_time else ""
