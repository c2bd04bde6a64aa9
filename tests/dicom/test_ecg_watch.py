"""The watch folders: a file is taken when it is complete, moved after it was kept, and lost never."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from dicom.ecg_files import watch
from dicom.ecg_files.take import FileOrigin, FileTaker
from dicom.ecg_files.watch import Watch, folder_name, watch_folder
from dicom.reindex import reindex
from hub.errors import NotKept
from hub.store import audit, sites
from hub.store.tables import AuditRow, Instance, Study
from tests.plugins.ecg_samples import SAMPLES
from tests.plugins.store import settings, store

__all__ = ["settings", "store"]

ROOT = Path(__file__).resolve().parents[2]
SCP = SAMPLES["SCP-ECG"]()


@pytest.fixture
def east(store):
    """The eastern site's folder."""
    folder = watch_folder(store.settings) / "east"
    Watch(store).look()
    return folder


@pytest.fixture
def look(store, monkeypatch):
    """Look twice, with no quiet time between, and return how many files were moved."""
    monkeypatch.setattr(watch, "QUIET_SECONDS", 0.0)
    watching = Watch(store)
    return lambda: watching.look() + watching.look()


def count(store, table=Instance):
    with store.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_a_complete_file_is_imported_and_moved_to_done(east, look, store):
    (east / "ecg.scp").write_bytes(SCP)
    assert look() == 1
    assert names(east) == []
    (done,) = (east / "done").iterdir()
    assert done.name.endswith("-ecg.scp") and done.read_bytes() == SCP
    with store.reading() as session:
        study = session.scalars(select(Study)).one()
        assert (study.site.name, study.patient.patient_id) == ("east", "SCP-1")
        row = session.scalars(select(AuditRow).where(AuditRow.act == "import")).one()
        assert (row.outcome, row.site) == ("kept", "east")


def test_a_refused_file_is_moved_with_a_sentence_beside_it(east, look, store):
    (east / "letter.pdf").write_bytes(b"%PDF-1.7 and so on")
    look()
    assert names(east) == []
    letter, sentence = sorted((east / "refused").iterdir())
    assert letter.read_bytes() == b"%PDF-1.7 and so on"
    assert "只是图像" in sentence.read_text("utf-8") and "only a picture" in sentence.read_text("utf-8")
    assert count(store) == 0


def test_a_file_of_100_mb_is_refused_and_still_there(east, look):
    with (east / "large.scp").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    look()
    assert any(path.stat().st_size == 100 * 1024 * 1024 for path in (east / "refused").iterdir())


def test_a_file_that_is_being_written_waits(east, look, store):
    with (east / "ecg.scp").open("wb") as file:
        file.write(SCP[:1000])
        file.flush()
        assert look() == 0
        file.write(SCP[1000:])
    assert look() == 1
    assert count(store) == 1


def test_a_file_that_grows_between_two_looks_waits(east, store):
    watching = Watch(store)
    (east / "ecg.scp").write_bytes(SCP[:1000])
    assert watching.look() == 0
    (east / "ecg.scp").write_bytes(SCP)
    assert watching.look() == 0
    assert count(store) == 0


@pytest.mark.parametrize("name", [".hidden", "ecg.scp.part", "ecg.tmp", "ecg.scp~"])
def test_a_name_that_says_unfinished_waits(east, look, name):
    (east / name).write_bytes(SCP)
    assert look() == 0
    assert names(east) == [name]


def test_a_link_is_not_followed(east, look, tmp_path, store):
    (tmp_path / "secret").write_bytes(SCP)
    (east / "ecg.scp").symlink_to(tmp_path / "secret")
    assert look() == 0
    assert count(store) == 0


def test_the_same_file_again_adds_nothing_and_is_done(east, look, store):
    for name in ("first.scp", "second.scp"):
        (east / name).write_bytes(SCP)
    assert look() == 2
    assert count(store) == 1
    assert len(list((east / "done").iterdir())) == 2


def test_a_full_disk_leaves_the_file_where_it_is(east, look, store, monkeypatch):
    def full(*_parts):
        raise NotKept("no space left on device")

    (east / "ecg.scp").write_bytes(SCP)
    with monkeypatch.context() as patched:
        patched.setattr(store.vault, "begin", full)
        with pytest.raises(NotKept):
            look()
    assert names(east) == ["ecg.scp"]
    assert look() == 1
    assert count(store) == 1


def test_a_file_that_cannot_be_moved_does_not_hold_up_the_others(east, look, store, monkeypatch):
    rename = os.rename

    def stuck(source, target):
        if Path(source).name == "a.scp":
            raise PermissionError(13, "no")
        rename(source, target)

    (east / "a.scp").write_bytes(SCP)
    (east / "b.scp").write_bytes(SAMPLES["MFER"]())
    monkeypatch.setattr(os, "rename", stuck)
    assert look() == 1
    assert count(store) == 2


def test_a_closed_site_takes_no_files(east, look, store):
    with store.writing() as session:
        sites.site_named(session, "east").active = False
    (east / "ecg.scp").write_bytes(SCP)
    assert look() == 0


@pytest.mark.parametrize("name", ["../west", "a/b", ".", "..", ".hidden", "", "x" * 65])
def test_a_sites_name_is_never_a_path(name):
    assert folder_name(7, name) == "site-7"


def test_a_chinese_name_is_the_folder_it_looks_like():
    assert folder_name(7, "青山镇卫生院") == "青山镇卫生院"


def test_killed_at_any_moment_every_file_is_kept_once(east, store):
    samples = {name: SAMPLES[name]() for name in ("SCP-ECG", "MFER", "EDF", "WFDB")}
    for name, content in samples.items():
        (east / f"{name.replace(' ', '-')}.ecg").write_bytes(content)
    watching = start(store)
    deadline = time.monotonic() + 400
    kept = count(store)
    while kept < len(samples) and time.monotonic() < deadline:
        before = kept
        while kept == before and time.monotonic() < deadline:
            time.sleep(0.02)
            kept = count(store)
        # The row is there, the file perhaps not moved yet: the worst moment.
        watching.send_signal(signal.SIGKILL)
        watching.wait()
        watching = start(store)
    while names(east) and time.monotonic() < deadline:
        time.sleep(0.1)
    watching.send_signal(signal.SIGTERM)
    watching.wait(60)
    assert names(east) == []
    assert count(store) == len(samples)
    done = {path.read_bytes() for path in (east / "done").iterdir()}
    assert done == set(samples.values())


def start(store):
    return subprocess.Popen(
        [sys.executable, "-m", "readhub", "watch", "--data", str(store.settings.data_dir)],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "READHUB_DATABASE_URL": store.settings.url},
    )  # fmt: skip


def test_an_index_rebuilt_from_the_files_holds_what_was_imported(store):
    origin, who = FileOrigin("east", "CONSOLE"), audit.entry("import", "ecg-file")
    assert FileTaker(store).take(SCP, origin, who).outcome == "kept"
    with store.writing() as session:
        for table in ("pre_read", "errand", "instance", "series", "study", "patient"):
            session.connection().exec_driver_sql(f"DELETE FROM {table}")
    assert reindex(store).kept == 1
    assert FileTaker(store).take(SCP, origin, who).outcome == "same-again"


def test_the_command_imports_a_folder_and_says_what_it_refused(store, tmp_path):
    folder = tmp_path / "ecgs"
    folder.mkdir()
    (folder / "a.scp").write_bytes(SCP)
    (folder / "b.pdf").write_bytes(b"%PDF-1.7")
    done = subprocess.run(
        [sys.executable, "-m", "readhub", "import-ecg", str(folder), "--site", "east",
         "--data", str(store.settings.data_dir)],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "READHUB_DATABASE_URL": store.settings.url},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith("kept") and first.endswith("a.scp")
    assert second.startswith("refused") and "only a picture" in second
    assert count(store) == 1
