"""A suggestion of the models that nobody has touched or confirmed."""

from collections.abc import Iterable

from hub.domain.signing_case import SigningCase

KEY = "untouched"


def concerns(case: SigningCase) -> Iterable[str]:
    """Ask about a report whose every word is the models'."""
    if case.untouched:
        yield "报告与 AI 建议逐字相同，尚未修改或确认"
