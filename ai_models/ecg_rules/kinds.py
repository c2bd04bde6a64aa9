"""The kinds of rule: what each measures, and why it sometimes cannot be applied."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from ai_models.ecg_rules.facts import Facts
from ai_models.ecg_rules.pack import Rule


@dataclass(frozen=True)
class Met:
    """The rule is met by this value, in these leads."""

    value: float
    leads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unchecked:
    """The rule could not be applied; `why` is a reason key."""

    why: str


Verdict = Met | Unchecked | None
Judge = Callable[[Rule, Facts, Collection[str]], Verdict]


@dataclass(frozen=True)
class Kind:
    """How a rule is judged, and which numbers it must bring besides its limit."""

    judge: Judge
    needs: tuple[str, ...] = ()


def _rate_below(rule: Rule, facts: Facts, _positive: Collection[str]) -> Verdict:
    if facts.rate is None:
        return Unchecked("too-few-beats")
    return Met(facts.rate) if facts.rate < rule.limit else None


def _pause(rule: Rule, facts: Facts, _positive: Collection[str]) -> Verdict:
    """The longest time without a beat; at the ends of the recording it is at least so long."""
    if not facts.rr_ms:
        return Unchecked("too-few-beats")
    longest = max(*facts.rr_ms, *facts.edge_ms) / 1000
    return Met(longest) if longest >= rule.limit else None


def _narrow(rule: Rule, facts: Facts, _positive: Collection[str]) -> Verdict:
    return _fast(rule, facts, lambda qrs: qrs < rule.said["widest_qrs_ms"])


def _wide(rule: Rule, facts: Facts, _positive: Collection[str]) -> Verdict:
    return _fast(rule, facts, lambda qrs: qrs >= rule.said["narrowest_qrs_ms"])


def _fast(rule: Rule, facts: Facts, fits: Callable[[float], bool]) -> Verdict:
    if facts.rate is None:
        return Unchecked("too-few-beats")
    if facts.rate < rule.limit:
        return None
    qrs = facts.measured.get("qrs")
    if qrs is None:
        return Unchecked("no-onset")
    return Met(facts.rate) if fits(qrs) else None


def _rhythm_rate(rule: Rule, facts: Facts, positive: Collection[str]) -> Verdict:
    if facts.rate is None:
        return Unchecked("too-few-beats")
    named = any(rhythm in positive for rhythm in rule.said["rhythms"])
    return Met(facts.rate) if named and facts.rate >= rule.limit else None


def _shortest_rr(rule: Rule, facts: Facts, positive: Collection[str]) -> Verdict:
    if not facts.rr_ms:
        return Unchecked("too-few-beats")
    named = all(rhythm in positive for rhythm in rule.said["rhythms"])
    shortest = min(facts.rr_ms)
    return Met(shortest) if named and shortest < rule.limit else None


def _long_qt(rule: Rule, facts: Facts, _positive: Collection[str]) -> Verdict:
    corrected, qt = (facts.measured.get(name) for name in ("qtc_fridericia", "qt"))
    if corrected is None or qt is None or not facts.rr_ms:
        return Unchecked("no-t-wave")
    return Met(corrected) if corrected >= rule.limit and min(facts.rr_ms) < qt else None


def _st_elevation(rule: Rule, facts: Facts, positive: Collection[str]) -> Verdict:
    """Neighbouring leads whose ST reaches the limit; a wide or paced complex moves ST by itself."""
    levels = facts.st_uv(float(rule.said["after_j_ms"]))
    if not levels:
        return Unchecked("no-onset")
    if facts.measured.get("qrs", 0.0) >= 120.0 or "rhythm_PACE" in positive:
        return Unchecked("st-secondary")
    over = {lead: value / 1000 for lead, value in levels.items() if _reaches(value / 1000, rule)}
    groups = [[lead for lead in group if lead in over] for group in rule.said["groups"]]
    found = [lead for group in groups if len(group) >= rule.said["at_least"] for lead in group]
    return Met(max(over[lead] for lead in found), tuple(found)) if found else None


def _reaches(millivolts: float, rule: Rule) -> bool:
    return millivolts > rule.limit if rule.said.get("above") else millivolts >= rule.limit


def _not_measured(_rule: Rule, _facts: Facts, _positive: Collection[str]) -> Verdict:
    return Unchecked("not-measured-here")


KINDS: dict[str, Kind] = {
    "rate-below": Kind(_rate_below),
    "pause-at-least": Kind(_pause),
    "narrow-rate-at-least": Kind(_narrow, ("widest_qrs_ms",)),
    "wide-rate-at-least": Kind(_wide, ("narrowest_qrs_ms",)),
    "rhythm-rate-at-least": Kind(_rhythm_rate, ("rhythms",)),
    "rhythms-shortest-rr-below": Kind(_shortest_rr, ("rhythms",)),
    "long-qt-r-on-t": Kind(_long_qt),
    "st-elevation": Kind(_st_elevation, ("groups", "at_least", "after_j_ms")),
    "not-measured": Kind(_not_measured),
}
