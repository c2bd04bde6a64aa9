"""Whether ingest slows down with what is already there: 10, 1,000 and 200,000 studies.

    python -m benchmarks.growth [--runs 5] [--studies 10,1000,200000]

The studies stored before are rows made directly, three instances each, without files. Every run starts a hub
over a fresh copy of such an index; the runs of all sizes are interleaved, and medians are printed.
"""

import argparse
import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.ingest import Case, Figures
from benchmarks.receivers import hub, send
from benchmarks.samples import write_samples
from hub.settings import Settings, read_settings
from hub.store import open_store, schema, sites

INSTANCES = 3
CASES = [Case("CT"), Case("ECG"), Case("CT", 4)]

FILL = f"""
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :studies)
INSERT INTO patient (site_id, patient_id, issuer, name, name_raw, name_guessed, birth_date, sex)
SELECT 1, 'P' || i, '', 'Stored^' || i, '', 0, '19700101', 'O' FROM n;
INSERT INTO study (site_id, patient_row, study_instance_uid, state, priority, note, modality, body_part,
    description, study_date, study_time, accession, instances, late_instances, received_at, last_instance_at)
SELECT 1, id, '1.2.3.' || id, 'delivered', 'routine', '', 'CT', 'CHEST', 'Stored', '20260101', '080000',
    'A' || id, {INSTANCES}, 0, '2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000000' FROM patient;
INSERT INTO series (study_id, series_instance_uid, modality, description, body_part, laterality)
SELECT id, '1.2.3.' || id || '.1', 'CT', '', '', '' FROM study;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {INSTANCES})
INSERT INTO instance (site_id, study_id, series_id, sop_instance_uid, sop_class_uid, transfer_syntax, number,
    rows, columns, frames, view_position, size, digest, file_key, damaged, calling_ae, received_at)
SELECT 1, study_id, series.id, series_instance_uid || '.' || i, '1.2.840.10008.5.1.4.1.1.2',
    '1.2.840.10008.1.2.1', i, 512, 512, 1, '', 531000, hex(randomblob(32)), lower(hex(randomblob(16))), 0,
    'CLINIC1', '2026-01-01 00:00:00.000000' FROM series, n;
INSERT INTO errand (kind, key, subject_id, state, due_at, created_at, holder, attempts, losses, last_error)
SELECT 'settle', 'settle:' || id, id, 'done', '2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000000',
    '', 1, 0, '' FROM study;
"""


def main() -> None:
    """Print instances per second and CPU for each size, and each as a share of the smallest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--studies", default="10,1000,200000")
    parser.add_argument("--instances", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=None, help="where files are written [temporary]")
    given = parser.parse_args()
    sizes = [int(word) for word in given.studies.split(",")]
    seen: dict[tuple[int, Case], list[Figures]] = defaultdict(list)
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        paths = {kind: write_samples(kind, given.instances, folder / kind) for kind in ("CT", "ECG")}
        indexes = {size: _index(size, folder / f"index{size}") for size in sizes}
        for _ in range(given.runs):
            for case in CASES:
                for size in sizes:
                    seen[size, case].append(_once(case, paths[case.kind], indexes[size], folder / "run"))
    _print(seen, sizes)


def _index(studies: int, folder: Path) -> Path:
    """Return a database that holds that many studies of the site that sends."""
    settings = read_settings(data_dir=folder)
    schema.upgrade(settings)
    store = open_store(settings)
    with store.writing() as session:
        sites.add_site(session, "clinic", "CLINIC1")
    store.close()
    with closing(sqlite3.connect(folder / "hub.sqlite3")) as database:
        for statement in FILL.split(";\n"):
            if statement.strip():
                database.execute(statement, {"studies": studies} if ":studies" in statement else {})
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / "hub.sqlite3"


def _once(case: Case, paths: list[Path], index: Path, folder: Path) -> Figures:
    def prepared(settings: Settings) -> None:
        for path in settings.data_dir.glob("hub.sqlite3*"):
            path.unlink()
        shutil.copyfile(index, settings.data_dir / "hub.sqlite3")
        os.sync()  # half a gigabyte of copy is not for the arrivals' fsync to wait for

    folder.mkdir()
    try:
        with hub(folder, prepared) as server:
            time.sleep(0.5)
            cpu = server.cpu_seconds()
            seconds = send(server, paths, case.associations)
            cpu = server.cpu_seconds() - cpu
            if server.count() != len(paths):
                raise SystemExit(f"{case}: {server.count()} of {len(paths)} arrived")
            return Figures(len(paths) / seconds, cpu / len(paths), server.peak_rss())
    finally:
        shutil.rmtree(folder)


def _print(seen: dict[tuple[int, Case], list[Figures]], sizes: list[int]) -> None:
    print("| case | studies before | instances/s | of the smallest | CPU ms each | of the smallest |")
    print("|---|---:|---:|---:|---:|---:|")
    for case in CASES:
        rates = {size: statistics.median(one.rate for one in seen[size, case]) for size in sizes}
        costs = {size: statistics.median(one.cpu for one in seen[size, case]) * 1000 for size in sizes}
        for size in sizes:
            rate, cost = rates[size] / rates[sizes[0]], costs[size] / costs[sizes[0]]
            print(f"| {case} | {size} | {rates[size]:.1f} | {rate:.2f} | {costs[size]:.2f} | {cost:.2f} |")


if __name__ == "__main__":
    main()
