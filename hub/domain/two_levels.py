"""Two levels of reporting: who may write, who may sign, and what becomes of a written report."""

from collections.abc import Collection

from hub.domain.people import may
from hub.domain.templates import Template, same_words

#: 职称, from the lowest; "" is an account that has none, such as a township's.
TITLES = ("", "resident", "junior", "intermediate", "associate", "senior")
#: The lowest title whose holder signs; below it one writes.
SIGNING_TITLE = "intermediate"

OUTCOMES = ("waiting", "approved", "changed", "returned", "withdrawn")
LONGEST_REASON = 500


def may_sign(role: str, title: str) -> bool:
    """Tell whether somebody with this role and title signs reports."""
    known = title in TITLES and TITLES.index(title) >= TITLES.index(SIGNING_TITLE)
    return known and may(role, "sign")


def why_not_alone(signer: int, writer: int | None, one_doctor: bool) -> str:
    """Return why `signer` may not sign what `writer` handed over (None: nobody did), or nothing.

    `one_doctor` is the site's rule that the same doctor may write and sign.
    """
    if one_doctor:
        return ""
    if writer is None:
        return "not-written"
    return "same-doctor" if signer == writer else ""


def is_normal(text: tuple[str, str], templates: Collection[Template]) -> bool:
    """Tell whether findings and impression are word for word those of a normal template."""
    return any(
        one.kind == "normal" and same_words(text, (one.text.findings, one.text.impression))
        for one in templates
    )
