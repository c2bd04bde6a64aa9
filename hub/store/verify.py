"""Whether a printed report still counts: looked up by its digest, and nothing else is told."""

import re

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.store.tables import Report

#: What is printed in digits; the code on the paper holds all 64.
FEWEST_DIGITS = 16
DIGITS = re.compile(r"[0-9a-f]{16,64}")


def standing_of(session: Session, digest: str) -> str:
    """Return "valid", "superseded" or "unknown" for a digest or its first 16 or more digits."""
    wanted = "".join(digest.split()).lower()
    if not DIGITS.fullmatch(wanted):
        return "unknown"
    end = wanted + "g"
    found = session.execute(
        select(Report.study_id, Report.version).where(Report.digest >= wanted, Report.digest < end).limit(2)
    ).all()
    if len(found) != 1:
        return "unknown"
    study_id, version = found[0]
    newest = session.scalar(select(func.max(Report.version)).where(Report.study_id == study_id))
    return "valid" if version == newest else "superseded"
