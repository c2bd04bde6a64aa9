"""The receiver killed at every write, sync, rename and answer of an association's first instances.

    python -m benchmarks.crash_table

Prints a row for each point: what the system call was about, how many instances the sender was told are kept,
and how many of them a restart lost, doubled or showed by half. Needs strace and DCMTK's storescu.
"""

import socket
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.receivers import program
from hub.settings import read_settings
from hub.store import open_store, schema, sites
from tests.plugins.crash import POINTS, CrashPoint, Outcome, Programs, crash
from tests.plugins.peers import ScpProcess, slice_of, written

SENT = 4


def main() -> None:
    """Print the table and its sums; exit status 1 where anything was lost, doubled or half visible."""
    programs = Programs(program("storescu"), program("strace"))
    print("| system call | nth | about | told | lost | doubled | half visible |")
    print("|---|---:|---|---:|---:|---:|---:|")
    seen = []
    for point in POINTS:
        with tempfile.TemporaryDirectory() as folder:
            one = _crashed(point, Path(folder), programs)
        seen.append(one)
        figures = f"{one.told} | {one.lost} | {one.doubled} | {one.half_visible}"
        print(f"| {point.call} | {point.nth} | {one.where} | {figures} |", flush=True)
    hit = [one for one in seen if one.is_hit]
    faults = [sum(column) for column in zip(*(one[3:] for one in seen), strict=True)]
    print(f"\npoints hit: {len(hit)} of {len(seen)}; lost {faults[0]}, doubled {faults[1]}, half {faults[2]}")
    raise SystemExit(1 if any(faults) else 0)


def _crashed(point: CrashPoint, folder: Path, programs: Programs) -> Outcome:
    paths = [written(slice_of(number), folder / f"{number}.dcm") for number in range(1, SENT + 1)]
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    settings = read_settings(data_dir=folder / "hub", dicom=f"127.0.0.1:{port}")
    schema.upgrade(settings)
    store = open_store(settings)
    with store.writing() as session:
        sites.add_site(session, "east", "CLINIC1")
    try:
        return crash(ScpProcess(store, folder / "scp.log"), point, paths, programs)
    finally:
        store.close()


if __name__ == "__main__":
    main()
