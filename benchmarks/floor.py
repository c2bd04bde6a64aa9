"""Pre-reads a second of the hub's workers against a bare loop over the same files, and their ratio.

    python -m benchmarks.floor ../shared/data [N]

N (default 400) ECGs, then chest films, then bone films lie in a hub's store with their errands; the hub
starts and reads them. The bare loop reads, decodes, preprocesses and infers the same files with the same
models in as many processes, without hub, database or broker, before and after. The first quarter is not
counted. Wanted: 0.9.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import func, select, update

from benchmarks import pack_objects as make
from dicom.header import header_of_file
from hub.domain.arrival import Arrival, Origin, PatientFacts, StudyFacts
from hub.options import one_thread_each
from hub.store import Store, arrivals, open_store, schema, sites
from hub.store.engine import now
from hub.store.quick_rows import QuickRows
from hub.store.tables import Errand, PreRead
from tests.plugins.running_hub import RunningHub

KINDS: dict[str, Callable[[Path, Path, int], None]] = {
    "ECG": lambda data, to, n: make.write_ecgs(data / "ecg", to, n),
    "chest film": lambda data, to, n: make.write_chests(data / "cxr", to, n),
    "bone film": lambda data, to, n: make.write_bones(data / "fracture", to, n),
}
LONGEST_SECONDS = 600.0
#: Who measures is not to take what is measured its time.
LOOK_SECONDS = 2.0
#: The first ones wait for the models to be loaded and are not counted.
UNCOUNTED = 0.25


def main(data: Path, count: int) -> None:
    """Print one line per kind."""
    one_thread_each()
    for name, write in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            write(data, Path(folder) / "files", count)
            print(_line(name, Path(folder)), flush=True)


def _line(name: str, folder: Path) -> str:
    files = list(make.files_under(folder / "files"))
    hub = RunningHub(folder / "hub")
    processes = hub.settings.worker_processes
    schema.upgrade(hub.settings)
    store = open_store(hub.settings)
    _fill(store, files)
    before = _bare(files, processes)
    worker = _hub_rate(hub, store, len(files))
    after = _bare(files, processes)
    bare = (before + after) / 2
    return (
        f"{name}: workers {worker:.1f}/s, bare loop {before:.1f} and {after:.1f}/s, "
        f"ratio {worker / bare:.2f}, {processes} processes, n {len(files)}"
    )


def _hub_rate(hub: RunningHub, store: Store, count: int) -> float:
    _put_off(store, timedelta(days=1))
    hub.start()
    try:
        _wait_until_quiet(store)
        _put_off(store, timedelta(0))
        end = time.monotonic() + LONGEST_SECONDS
        while _read_so_far(store) < count:
            if time.monotonic() > end:
                raise SystemExit(f"only {_read_so_far(store)} of {count} were read")
            time.sleep(LOOK_SECONDS)
        with store.reading() as session:
            instants = sorted(session.scalars(select(PreRead.made_at)))
    finally:
        hub.stop()
    return _rate(instants)


def _put_off(store: Store, later: timedelta) -> None:
    """The reading begins when the hub has started: what its start costs is not what is measured."""
    with store.writing() as session:
        session.execute(update(Errand).where(Errand.kind == "pre-read").values(due_at=now() + later))


def _wait_until_quiet(store: Store) -> None:
    """Wait for the studies to be counted as arrived, which is no part of the reading either."""
    end = time.monotonic() + LONGEST_SECONDS
    others = select(Errand.id).where(Errand.kind != "pre-read", Errand.state != "done").limit(1)
    while time.monotonic() < end:
        with store.reading() as session:
            if session.scalar(others) is None:
                return
        time.sleep(0.5)
    raise SystemExit("the hub does not become quiet")


def _rate(instants: list[datetime]) -> float:
    first = int(len(instants) * UNCOUNTED)
    return (len(instants) - 1 - first) / (instants[-1] - instants[first]).total_seconds()


def _read_so_far(store: Store) -> int:
    with store.reading() as session:
        return session.scalar(select(func.count()).select_from(PreRead)) or 0


def _fill(store: Store, files: list[Path]) -> None:
    """Keep the files as if they had come from one township."""
    with store.writing() as session:
        sites.add_site(session, "clinic", "CLINIC1")
    quick = QuickRows()
    for number, path in enumerate(files):
        header, body = header_of_file(path), path.read_bytes()
        study = StudyFacts(
            study_instance_uid=header.study_instance_uid, series_instance_uid=header.series_instance_uid,
            modality=header.modality,
        )  # fmt: skip
        arrival = Arrival(
            sop_class_uid=header.sop_class_uid, sop_instance_uid=header.sop_instance_uid,
            transfer_syntax=header.transfer_syntax, digest=f"{number:064}", size=len(body),
            patient=PatientFacts(patient_id=f"P{number}", name=header.patient_name), study=study,
        )  # fmt: skip
        origin = Origin("clinic", "CLINIC1", "READHUB", now(), "127.0.0.1")
        with store.writing() as session:
            arrivals.take(
                session.connection(), arrivals.Coming(arrival, origin, store.vault.keep(body)), quick
            )


def _bare(files: list[Path], processes: int) -> float:
    """Return the files a second of bare loops, all begun at once."""
    context = get_context("spawn")
    barrier, rates = context.Barrier(processes), context.Queue()
    loops = [
        context.Process(target=_loop, args=(files[number::processes], barrier, rates))
        for number in range(processes)
    ]
    for loop in loops:
        loop.start()
    found = [rates.get() for _ in loops]
    for loop in loops:
        loop.join()
    return processes * statistics.harmonic_mean(found)


def _loop(files: list[Path], barrier: object, rates: object) -> None:
    from ai_models.registry import load_models
    from dicom.load import load_dataset
    from workers.subjects import Rules, read_by, subject_of

    models = load_models()
    first = int(len(files) * UNCOUNTED)
    for path in files[:first]:
        read_by(models, subject_of(load_dataset(path)), Rules())
    barrier.wait()  # type: ignore[attr-defined]
    began = time.perf_counter()
    for path in files[first:]:
        read_by(models, subject_of(load_dataset(path)), Rules())
    rates.put((len(files) - first) / (time.perf_counter() - began))  # type: ignore[attr-defined]


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 400)
