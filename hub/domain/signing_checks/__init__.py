"""The checks before a signature: each rule is a module of this folder, found by being there.

A rule has `KEY` and `concerns(case) -> Iterable[str]`: what is wrong, in the report's own language, Chinese.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol, cast

from hub.domain.signing_case import SigningCase

LONGEST_REASON = 200
SHORTEST_REASON = 2


class Rule(Protocol):
    """What a module of this folder offers."""

    KEY: str

    def concerns(self, case: SigningCase) -> Iterable[str]:
        """Say what is wrong with the report; nothing where nothing is."""


@dataclass(frozen=True)
class Concern:
    """What one rule found; `key` is what a reason for signing nevertheless is kept under."""

    key: str
    said: str


@cache
def rules() -> tuple[Rule, ...]:
    """Return every rule by name. Raises AttributeError for a module that is none."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [cast(Rule, importlib.import_module(f"{__name__}.{name}")) for name in names]
    for rule in found:
        if not (rule.KEY and callable(rule.concerns)):
            raise AttributeError(f"{rule} is no rule: it needs KEY and concerns(case)")
    return tuple(found)


def concerns_about(case: SigningCase) -> tuple[Concern, ...]:
    """Return what every rule finds wrong with a report that is about to be signed."""
    return tuple(Concern(rule.KEY, said) for rule in rules() for said in rule.concerns(case))


def open_concerns(case: SigningCase, reasons: Mapping[str, str]) -> tuple[Concern, ...]:
    """Return the concerns that no reason of a few characters answers."""
    return tuple(
        one for one in concerns_about(case) if len(reasons.get(one.key, "").strip()) < SHORTEST_REASON
    )
