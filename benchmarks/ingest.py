"""How fast studies come in, beside DCMTK's storescp, Debian's Orthanc and pynetdicom's storescp.

    python -m benchmarks.ingest [--runs 5] [--folder DIR]

Every receiver is started afresh over an empty folder for every run, the runs of all receivers are
interleaved, what arrived is counted, and medians are printed with the ratios that matter. Installs nothing:
needs the Debian packages dcmtk and orthanc. Durable means what each receiver means by it: the hub answers
after fsync of file and folder and the commit of its row, the others without any. Before each run the disk
takes what the last one left unwritten. What a run wrote is emptied, and removed only at the end: ext4 looks
at every file that was removed in the last minutes before it makes a new one, which costs more than the whole
of storescp's work.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.receivers import RECEIVERS, Server, send
from benchmarks.samples import write_samples

MEGABYTE = 1024 * 1024
SMALL = 64 * 1024
SET_UPS = 40


@dataclass(frozen=True)
class Case:
    """What is sent, over how many associations, and whether the sender is told to avoid Nagle's wait."""

    kind: str
    associations: int = 1
    tuned: bool = True

    def __str__(self) -> str:
        return f"{self.kind} x{self.associations}{'' if self.tuned else ' untuned'}"


@dataclass(frozen=True)
class Figures:
    """One run: instances a second, CPU seconds an instance, and the peak resident size in bytes."""

    rate: float
    cpu: float
    rss: float


Table = dict[tuple[Case, str], list[Figures]]
CASES = [Case(kind, associations) for kind in ("CT", "DR", "ECG") for associations in (1, 4)]
UNTUNED = Case("CT", tuned=False)


def main() -> None:
    """Print the table and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--ct", type=int, default=200)
    parser.add_argument("--dr", type=int, default=16)
    parser.add_argument("--ecg", type=int, default=200)
    parser.add_argument("--only", default="", help="receivers, separated by commas")
    parser.add_argument("--folder", type=Path, default=None, help="where files are written [temporary]")
    given = parser.parse_args()
    names = given.only.split(",") if given.only else ["hub", "storescp", "orthanc", "pynetdicom"]
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        samples = {
            "CT": write_samples("CT", given.ct, folder / "ct"),
            "DR": write_samples("DR", given.dr, folder / "dr"),
            "ECG": write_samples("ECG", given.ecg, folder / "ecg"),
        }
        table = _measured(names, samples, given.runs, folder)
        set_up = {name: _set_up(name, samples["ECG"][:1], given.runs, folder) for name in names}
    _print(table)
    for receiver, seconds in set_up.items():
        print(f"association set-up, echo and release: {receiver} {seconds * 1000:.1f} ms of CPU")
    if {"hub", "storescp", "orthanc", "pynetdicom"} <= set(names):
        _print_ratios(table, set_up)


def _measured(names: list[str], samples: dict[str, list[Path]], runs: int, folder: Path) -> Table:
    table: Table = defaultdict(list)
    for turn in range(runs):
        for case in CASES:
            for name in names:
                table[case, name].append(_once(name, case, samples[case.kind], folder))
        for name in ("hub", "storescp as installed"):
            if name.partition(" ")[0] in names:
                table[UNTUNED, name].append(_once(name, UNTUNED, samples["CT"], folder))
        print(f"run {turn + 1} of {runs} done", file=sys.stderr, flush=True)
    return table


def _once(name: str, case: Case, paths: list[Path], folder: Path) -> Figures:
    os.sync()  # what others left unwritten is not for this one's fsync to wait for
    with _started(name, folder) as server:
        server.forget_peak()
        cpu = server.cpu_seconds()
        seconds = send(server, paths, case.associations, case.tuned)
        cpu = server.cpu_seconds() - cpu
        arrived = server.count()
        if arrived != len(paths):
            raise SystemExit(f"{name}, {case}: {arrived} of {len(paths)} arrived")
        return Figures(len(paths) / seconds, cpu / len(paths), server.peak_rss())


def _set_up(name: str, paths: list[Path], runs: int, folder: Path) -> float:
    """Return the CPU seconds of one association that brings one instance that is held already."""
    seen = []
    for _ in range(runs):
        with _started(name, folder) as server:
            send(server, paths)
            cpu = server.cpu_seconds()
            for _ in range(SET_UPS):
                send(server, paths)
            time.sleep(0.2)
            seen.append((server.cpu_seconds() - cpu) / SET_UPS)
    return statistics.median(seen)


@contextmanager
def _started(name: str, folder: Path) -> Iterator[Server]:
    place = Path(tempfile.mkdtemp(prefix="receiver-", dir=folder))
    try:
        with RECEIVERS[name](place) as server:
            yield server
    finally:
        _empty(place)


def _empty(folder: Path) -> None:
    """Give the disk its room back without removing a file."""
    for path in folder.rglob("*"):
        if path.is_file() and path.stat().st_size > SMALL:
            os.truncate(path, 0)


def _median(table: Table, case: Case, name: str) -> Figures:
    seen = table[case, name]
    return Figures(
        statistics.median(one.rate for one in seen),
        statistics.median(one.cpu for one in seen),
        statistics.median(one.rss for one in seen),
    )


def _print(table: Table) -> None:
    print("| case | receiver | instances/s | CPU ms each | peak RSS MB |\n|---|---|---:|---:|---:|")
    for case in [*CASES, UNTUNED]:
        for name in RECEIVERS:
            if table.get((case, name)):
                seen = _median(table, case, name)
                cost = f"{seen.cpu * 1000:.2f} | {seen.rss / MEGABYTE:.0f}"
                print(f"| {case} | {name} | {seen.rate:.1f} | {cost} |")


def _print_ratios(table: Table, set_up: dict[str, float]) -> None:
    rows = []
    for case in CASES:
        ours = _median(table, case, "hub")
        if case.associations == 1:
            rows.append(
                (f"{case}: of storescp's rate", ours.rate / _median(table, case, "storescp").rate, ">= 0.6")
            )
            rows.append(
                (f"{case}: of pynetdicom's rate", ours.rate / _median(table, case, "pynetdicom").rate, ">= 4")
            )
        rows.append((f"{case}: of Orthanc's rate", ours.rate / _median(table, case, "orthanc").rate, ">= 2"))
    untuned = _median(table, UNTUNED, "hub").rate / _median(table, UNTUNED, "storescp as installed").rate
    one, four = Case("CT"), Case("DR", 4)
    cpu = _median(table, one, "hub").cpu / _median(table, one, "orthanc").cpu
    rss = _median(table, four, "hub").rss / _median(table, four, "orthanc").rss
    rows += [
        ("untuned sender, of storescp's rate", untuned, ">= 5"),
        ("CPU of a CT, of Orthanc's", cpu, "<= 0.4"),
        ("peak RSS of DR x4, of Orthanc's", rss, "<= 0.5"),
        ("ms of CPU for one association", set_up["hub"] * 1000, "<= 10"),
    ]
    print("\n| ratio | seen | goal |\n|---|---:|---|")
    for what, seen, goal in rows:
        print(f"| {what} | {seen:.2f} | {goal} |")


if __name__ == "__main__":
    main()
