"""How often two ways of measuring agree on the 500 Hz records: `python -m ai_models.ecg_measure.agreement
DIR`."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ai_models.ecg_measure.measure import measure
from ai_models.ecg_measure.second import second_intervals
from ai_models.ecg_signal import independent_leads
from hub.domain.subject import TWELVE_LEADS, EcgRecord

#: How far apart the two may be: beats per minute for the rate, milliseconds for the rest.
LIMITS = {"heart_rate": 2.0, "pr": 20.0, "qrs": 20.0, "qt": 30.0}


@dataclass(frozen=True)
class Compared:
    """Both values of one measurement of one record."""

    record: str
    name: str
    first: float | None
    second: float | None

    @property
    def within(self) -> bool:
        """Return whether both were measured and lie within the limit."""
        if self.first is None or self.second is None:
            return False
        return abs(self.first - self.second) <= LIMITS[self.name]


def compare(folder: Path) -> list[Compared]:
    """Measure every WFDB record of `folder` twice."""
    rows = []
    for name, record in read_records(folder):
        first = {m.name: m.value for m in measure(record)}
        leads = independent_leads(record)
        assert leads is not None
        second = second_intervals(leads, record.rate_hz)
        rows += [Compared(name, key, first[key], second[key]) for key in LIMITS]
    return rows


def read_records(folder: Path) -> Iterator[tuple[str, EcgRecord]]:
    """Yield the records of PTB-XL's own form: format 16, twelve leads interleaved, 1000 units per mV."""
    for header in sorted(folder.glob("*.hea")):
        rate = float(header.read_text().split()[2])
        samples = np.fromfile(header.with_suffix(".dat"), dtype="<i2").reshape(-1, len(TWELVE_LEADS)).T
        yield header.stem, EcgRecord(TWELVE_LEADS, rate, samples.astype(np.float32))


def shares(rows: list[Compared]) -> dict[str, tuple[int, int]]:
    """Return per measurement how many agree, of how many that both could measure."""
    found = {}
    for name in LIMITS:
        both = [row for row in rows if row.name == name and None not in (row.first, row.second)]
        found[name] = (sum(row.within for row in both), len(both))
    return found


def main(folder: Path) -> None:
    """Print the shares and name every miss."""
    rows = compare(folder)
    for name, (agree, both) in shares(rows).items():
        total = sum(row.name == name for row in rows)
        print(
            f"{name}: {agree} of {both} within {LIMITS[name]:g}, {total - both} of {total} not measured "
            "by both"
        )
    for row in rows:
        if not row.within:
            print(f"  {row.record} {row.name}: {row.first} and {row.second and round(row.second, 1)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
