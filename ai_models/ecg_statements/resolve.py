"""From the network's findings to the sentences a doctor reads: contradictions resolved by the table."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from hub.domain.finding import Finding, Statement

#: The groups in the order in which they are read out, and what each holds by the start of a code.
GROUPS = ("overall", "rhythm", "conduction", "hypertrophy", "infarction", "st-t", "form")
#: A group's own label says nothing that one of its members does not say better.
SUPER = "super_"
SUPER_GROUPS = {
    "super_NORM": "overall", "super_CD": "conduction", "super_HYP": "hypertrophy", "super_MI": "infarction",
    "super_STTC": "st-t",
}  # fmt: skip
WIDE_QRS_MS = 120.0


def resolved(
    findings: Sequence[Finding], groups: Mapping[str, str], measured: Mapping[str, float]
) -> tuple[Statement, ...]:
    """Return what stands of the positive findings, ordered by group and then by probability.

    `groups` gives the group of every code, `measured` the measurements that have a value.
    """
    table = contradictions()
    standing = {finding.code: finding for finding in findings if finding.positive}
    for need in table["needs"]:
        if need["code"] in standing and _contradicts(need, measured):
            del standing[need["code"]]
    for pair in table["pairs"]:
        loser = _loser(pair, standing, measured)
        if loser:
            del standing[loser]
    _drop_groups(standing, groups)
    if any(code not in table["harmless"] for code in standing):
        standing = {code: one for code, one in standing.items() if code not in table["normal"]}
    said = [
        Statement(code, groups.get(code, "form"), one.label_zh, one.label_en, one.probability)
        for code, one in standing.items()
    ]
    return tuple(sorted(said, key=lambda one: (GROUPS.index(one.group), -one.probability)))


@cache
def contradictions() -> dict[str, Any]:
    """Return the table."""
    return tomllib.loads((Path(__file__).parent / "contradictions.toml").read_text("utf-8"))


def _contradicts(need: Mapping[str, Any], measured: Mapping[str, float]) -> bool:
    value = measured.get(need["measured"])
    if value is None:
        return False
    return value < need.get("at_least", value) or value > need.get("at_most", value)


def _loser(
    pair: Mapping[str, Any], standing: Mapping[str, Finding], measured: Mapping[str, float]
) -> str:  # fmt: skip
    first, second = pair["codes"]
    if first not in standing or second not in standing:
        return ""
    if pair["keep"] == "wider" and "qrs" in measured:
        return str(second if measured["qrs"] >= WIDE_QRS_MS else first)
    if pair["keep"] == "first":
        return str(second)
    return str(second if standing[first].probability >= standing[second].probability else first)


def _drop_groups(standing: dict[str, Finding], groups: Mapping[str, str]) -> None:
    """Drop a group's own label where any member of the group stands."""
    for code, group in SUPER_GROUPS.items():
        members = [one for one in standing if not one.startswith(SUPER) and groups.get(one) == group]
        if code in standing and members:
            del standing[code]
