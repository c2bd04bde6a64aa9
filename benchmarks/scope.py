"""How many objects that no model may read are refused, and how many that it should read are, by kind.

    python -m benchmarks.scope ../shared/data [--write]

Needs no torch. Each object goes the whole road of the hub: header, pixels, gate, and the route to a model.
`--write` puts the table into the gate's card (ai_models/scope). Wanted: of what is out of scope at least
99 % refused, of what is in scope at most 1 %. No set of it chose anything of the gate.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from scipy.stats import binomtest

from ai_models.catalogue import digest
from ai_models.finding_model import FindingModel
from ai_models.registry import load_models, route
from ai_models.scope.gate import FOLDER
from ai_models.train.card import rewrite
from benchmarks.scope_sets import SETS, Case

LEAST_REFUSED, MOST_REFUSED = 0.99, 0.01


@dataclass
class Counted:
    """What became of one kind of object: how many, how many were not read as they should, and why."""

    wanted: str
    count: int = 0
    refused: int = 0
    why: Counter[str] = field(default_factory=Counter)

    @property
    def is_well(self) -> bool:
        """Tell whether the share refused is what is wanted."""
        share = self.refused / self.count
        return share <= MOST_REFUSED if self.wanted else share >= LEAST_REFUSED

    def row(self, kind: str, header: str) -> dict[str, object]:
        """Return the row of the card: counts and the exact 95 % interval (Clopper and Pearson 1934)."""
        bounds = binomtest(self.refused, self.count).proportion_ci(method="exact")
        return {
            "kind": kind, "header": header, "should_be": "read" if self.wanted else "refused",
            "n": self.count, "refused": self.refused, "low": round(bounds.low, 4),
            "high": round(bounds.high, 4), "reached": self.is_well,
        }  # fmt: skip


def main(data: Path, write: bool) -> None:
    """Print the table, and with `write` put it into the card."""
    models, rows = load_models(), []
    for cases in SETS:
        for (kind, header), counted in count(models, cases(data)).items():
            rows.append(counted.row(kind, header))
            print(_line(rows[-1], counted), flush=True)
    if write:
        rewrite(FOLDER, evaluation=rows, evaluated_weights=digest(FOLDER / "weights.onnx"))


def count(models: tuple[FindingModel, ...], cases: Iterable[Case]) -> dict[tuple[str, str], Counted]:
    """Return what became of each kind of object under each kind of header."""
    counted: dict[tuple[str, str], Counted] = defaultdict(lambda: Counted(""))
    for case in cases:
        own = counted[case.kind, case.header]
        own.wanted = case.wanted
        own.count += 1
        taken, reason = _taken(models, case)
        refused = taken != case.wanted if case.wanted else taken not in case.barred
        own.refused += refused
        if refused == bool(case.wanted):
            own.why[reason or taken] += 1
    return dict(counted)


def _taken(models: tuple[FindingModel, ...], case: Case) -> tuple[str, str]:
    """Return the model that takes the object and, where none does, the reason."""
    if isinstance(case.subject, str):
        return "", case.subject
    chosen = route(models, case.subject)
    return (chosen.model.name, "") if chosen.model else ("", chosen.reason)


def _line(row: dict[str, object], counted: Counted) -> str:
    share = 100 * counted.refused / counted.count
    mark = "" if counted.is_well else "  NOT REACHED"
    why = f"  {dict(counted.why.most_common(4))}" if counted.why else ""
    bounds = f"{100 * float(str(row['low'])):.1f}–{100 * float(str(row['high'])):.1f}"
    return (
        f"{row['kind']} | {row['header']} | should be {row['should_be']} | refused {counted.refused} of "
        f"{counted.count} = {share:.2f} % ({bounds}){mark}{why}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--write" in sys.argv)
