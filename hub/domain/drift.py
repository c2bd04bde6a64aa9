"""Whether what the models are shown, or what they say, has drifted from what it was at a site."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

BINS = 5
#: 99th percentile of χ² with BINS − 1 degrees of freedom: beyond it, times 1/n + 1/m, an index is no chance
#: (Yurdakul, Statistical properties of the population stability index, 2018).
CHANCE = 13.277
#: Usual limits of the population stability index (Siddiqi, Credit Risk Scorecards, 2006).
SOME, MUCH = 0.1, 0.25
#: With fewer cases on either side the index says nothing.
FEWEST = 30


@dataclass(frozen=True)
class Week:
    """One week's figures of one measure: `week` as 2026-W48, share points of its distribution, the index
    against the reference (None where there are too few cases), and what the index can be by chance alone."""

    week: str
    n: int
    low: float
    middle: float
    high: float
    index: float | None
    chance: float = 0.0

    @property
    def verdict(self) -> str:
        """Return "few", "steady", "some" or "much"."""
        if self.index is None:
            return "few"
        if self.index <= self.chance:
            return "steady"
        return "much" if self.index >= MUCH else "some" if self.index >= SOME else "steady"


def weeks_of(by_week: Sequence[tuple[str, Sequence[float]]], reference_weeks: int = 4) -> list[Week]:
    """Return the figures of each week, oldest first; the first `reference_weeks` are what the rest is
    compared with."""
    reference = [value for _week, values in by_week[:reference_weeks] for value in values]
    found = []
    for number, (week, values) in enumerate(by_week):
        ordered = sorted(values)
        index = None if number < reference_weeks else stability_index(reference, ordered)
        low, middle, high = (_share(ordered, share) for share in (0.1, 0.5, 0.9))
        chance = CHANCE * (1 / len(reference) + 1 / len(ordered)) if index is not None else 0.0
        found.append(Week(week, len(ordered), low, middle, high, index, chance))
    return found


def stability_index(reference: Sequence[float], values: Sequence[float]) -> float | None:
    """Return the population stability index over fifths of the reference; None with too few cases.

    Σ (q − p) · ln(q / p); half a case is added to each bin, so that an empty one stays finite.
    """
    if len(reference) < FEWEST or len(values) < FEWEST:
        return None
    ordered = sorted(reference)
    edges = sorted({_share(ordered, number / BINS) for number in range(1, BINS)})
    expected, found = _shares(reference, edges), _shares(values, edges)
    return sum((q - p) * log(q / p) for p, q in zip(expected, found, strict=True))


def _shares(values: Sequence[float], edges: Sequence[float]) -> list[float]:
    counts = [0.5] * (len(edges) + 1)
    for value in values:
        counts[sum(value > edge for edge in edges)] += 1
    total = sum(counts)
    return [count / total for count in counts]


def _share(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of the ordered values lie, between two of them on a straight line."""
    if not ordered:
        return 0.0
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
