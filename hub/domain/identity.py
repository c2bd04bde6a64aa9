"""Whether two headers can speak of one person: (site, PatientID) says so only until something contradicts."""

import re
from collections.abc import Callable
from dataclasses import dataclass

DATE = re.compile(r"\d{8}")
SEXES = ("M", "F")


@dataclass(frozen=True)
class Person:
    """Who somebody is said to be; empty where nothing is said. A guessed name contradicts nobody."""

    name: str = ""
    guessed: bool = False
    sex: str = ""
    birth_date: str = ""


def contradicts(known: Person, said: Person) -> bool:
    """Tell whether `said` cannot be `known`: another birth date, another sex, or another name.

    Names are compared only in the same script: 张三 and ZHANG SAN may well be one person.
    """
    return (
        _differ(known.birth_date, said.birth_date, lambda value: bool(DATE.fullmatch(value)))
        or _differ(known.sex, said.sex, lambda value: value in SEXES)
        or _names_differ(known, said)
    )


def _differ(one: str, other: str, speaks: Callable[[str], bool]) -> bool:
    return speaks(one) and speaks(other) and one != other


def _names_differ(known: Person, said: Person) -> bool:
    if known.guessed or said.guessed or known.name.isascii() != said.name.isascii():
        return False
    ours, theirs = _folded(known.name), _folded(said.name)
    return bool(ours) and bool(theirs) and ours != theirs


def _folded(name: str) -> str:
    return "".join(name.casefold().split())
