"""How many objects a second `readhub pre-read` reads, by kind, over DICOM files made from the packs.

    python -m benchmarks.pre_read ../shared/data [N]

N (default 300) objects of each kind. "Warm" counts from the first line printed, "whole" from the start of the
command, imports and models included. Aims on two free cores: 20 ECGs and 8 small chest films a second.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from json import loads
from pathlib import Path

from benchmarks import pack_objects as make

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Kind:
    """What is read: how it is made from the packs, how many at most, and how many a second are wanted."""

    name: str
    write: Callable[[Path, Path, int], None]
    most: int = 100_000
    wanted: float | None = None


KINDS = (
    Kind("ECG, 100 Hz", lambda data, to, n: make.write_ecgs(data / "ecg", to, n), wanted=20),
    Kind("ECG, 500 Hz", lambda data, to, n: make.write_full_rate_ecgs(data / "ecg", to, n), wanted=20),
    Kind("chest film, 224–320 px", lambda data, to, n: make.write_chests(data / "cxr", to, n), 600, 8),
    Kind("the same as JPEG", lambda data, to, n: make.write_chests(data / "cxr", to, n, True), 600, 8),
    Kind("chest film, full size", lambda data, to, n: make.write_full_size_chests(data / "cxr", to, n), 80),
    Kind("bone film, 454 px", lambda data, to, n: make.write_bones(data / "fracture", to, n), 300),
)


def main(data: Path, count: int) -> None:
    """Print one line per kind."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            kind.write(data, Path(folder), min(count, kind.most))
            print(_line(kind, Path(folder)), flush=True)


def _line(kind: Kind, folder: Path) -> str:
    began, (lines, instants) = time.perf_counter(), _run(folder)
    warm = (len(instants) - 1) / (instants[-1] - instants[0])
    whole = len(instants) / (instants[-1] - began)
    assessed = sum(loads(line)["assessed"] for line in lines)
    wanted = f", wanted {kind.wanted:g}" if kind.wanted else ""
    return (
        f"{kind.name}: warm {warm:.1f}/s{wanted}, whole {whole:.1f}/s, "
        f"first after {instants[0] - began:.1f} s, {assessed} of {len(lines)} assessed"
    )


def _run(folder: Path) -> tuple[list[str], list[float]]:
    command = [sys.executable, "-m", "readhub", "pre-read", str(folder), "--json"]
    lines, instants = [], []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for line in running.stdout:
            instants.append(time.perf_counter())
            lines.append(line)
    return lines, instants


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 300)
