"""Whether two headers can speak of one person: (site, PatientID) alone says neither yes nor no."""

import re
from collections.abc import Callable
from dataclasses import dataclass

DATE = re.compile(r"\d{8}")
SEXES = ("M", "F")
#: What stands in a name for a byte that no character set explained.
UNREAD = "\ufffd"


@dataclass(frozen=True)
class Person:
    """Who somebody is said to be; empty where nothing is said. `raw` are the name's bytes as received."""

    name: str = ""
    sex: str = ""
    birth_date: str = ""
    raw: bytes = b""


def contradicts(known: Person, said: Person) -> bool:
    """Tell whether `said` cannot be `known`: another birth date, another sex, or another name.

    Names are compared only in the same script: 张三 and ZHANG SAN may well be one person.
    """
    return (
        _differ(known.birth_date, said.birth_date, _is_date)
        or _differ(known.sex, said.sex, lambda value: value in SEXES)
        or _same_name(known, said) is False
    )


def agrees(known: Person, said: Person) -> bool:
    """Tell whether something beside the number says that both are one person, and nothing contradicts.

    That is the name in the same script, or the birth date. Where a header says neither nobody knows whose it
    is: a device may count its patients anew each day, and two devices of a site each for itself.
    """
    if contradicts(known, said):
        return False
    born_alike = _is_date(known.birth_date) and known.birth_date == said.birth_date
    return born_alike or bool(_same_name(known, said))


def _differ(one: str, other: str, speaks: Callable[[str], bool]) -> bool:
    return speaks(one) and speaks(other) and one != other


def _is_date(value: str) -> bool:
    return bool(DATE.fullmatch(value))


def _same_name(known: Person, said: Person) -> bool | None:
    """Tell whether both names are one; None where that cannot be told."""
    ours, theirs = _folded(known.name), _folded(said.name)
    if not ours or not theirs:
        return None
    if known.raw and known.raw == said.raw:
        return True
    unread = (UNREAD in ours) + (UNREAD in theirs)
    if unread == 1 or (not unread and ours.isascii() != theirs.isascii()):
        return None
    return ours == theirs and not unread


def _folded(name: str) -> str:
    return "".join(name.casefold().split())
