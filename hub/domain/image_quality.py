"""Grades of image quality: 甲 is A, and what is worse says why."""

GRADES = ("A", "B", "C", "D")
LONGEST_REASON = 200


def needs_reason(grade: str) -> bool:
    """Tell whether a grade is kept only with the reason: every one but the best."""
    return grade != "A"
