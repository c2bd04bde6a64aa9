"""The command line: help, clear errors, sites and accounts, audit, backup and restore."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hub import __version__
from hub.settings import read_settings
from hub.store import open_store
from hub.store.audit import append, entry
from hub.store.schema import upgrade

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = (
    ["up"], ["scp"], ["web"], ["worker"], ["relay"], ["db", "upgrade"], ["db", "reindex"], ["site", "add"],
    ["site", "list"], ["site", "edit"], ["user", "add"], ["user", "list"], ["user", "passwd"], ["pre-read"],
    ["send"], ["doctor"], ["audit", "verify"], ["backup"], ["restore"], ["site", "bind"],
    ["scrub"], ["verify"],
)  # fmt: skip

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def readhub(tmp_path: Path) -> Run:
    """Run `readhub WORDS` on the hub in tmp_path/hub, as an operator would."""

    def run(*words: str, stdin: str = "", **more: str) -> "subprocess.CompletedProcess[str]":
        environment = os.environ | {"READHUB_DATA_DIR": str(tmp_path / "hub")} | more
        command = [sys.executable, "-m", "readhub", *words]
        return subprocess.run(
            command, cwd=ROOT, env=environment, input=stdin, capture_output=True, text=True, timeout=60
        )

    return run


@pytest.fixture(scope="module")
def empty_hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an empty database, to be copied."""
    folder = tmp_path_factory.mktemp("empty") / "hub"
    settings = read_settings(data_dir=folder)
    upgrade(settings)
    store = open_store(settings)
    with store.writing() as session:
        append(session, entry("hub-made", "hub"))
    store.close()
    return folder


@pytest.fixture
def hub(readhub: Run, empty_hub: Path, tmp_path: Path) -> Run:
    """The same, on a hub that has its database and one row of audit."""
    shutil.copytree(empty_hub, tmp_path / "hub")
    return readhub


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(readhub: Run, words: list[str]) -> None:
    told = readhub(*words, "--help")
    assert told.returncode == 0
    assert f"readhub {' '.join(words)}" in told.stdout.replace("readhub.py", "readhub")


def test_the_version_is_told(readhub: Run) -> None:
    told = readhub("--version")
    assert (told.returncode, told.stdout, told.stderr) == (0, f"readhub {__version__}\n", "")


@pytest.mark.parametrize(
    "words", [["site", "add"], ["up", "--nonsense"], ["pre-read"], ["nothing"]], ids=" ".join
)
def test_wrong_usage_ends_with_2(readhub: Run, words: list[str]) -> None:
    told = readhub(*words)
    assert (told.returncode, told.stdout) == (2, "")
    assert "Traceback" not in told.stderr


def test_a_fault_is_one_clear_line_and_1(readhub: Run) -> None:
    for words, more, said in (
        (("site", "list"), {}, "there is no hub in"),
        (("up",), {"READHUB_HTTP": "everywhere"}, "READHUB_HTTP"),
        (("up",), {"READHUB_DATA_DIR": "/proc/nowhere"}, "cannot use the data folder"),
    ):
        told = readhub(*words, **more)
        assert told.returncode == 1
        assert told.stderr.startswith("readhub: ")
        assert said in told.stderr
        assert told.stderr.count("\n") == 1


def test_a_site_is_added_edited_and_listed_with_a_warning_for_any_address(hub: Run) -> None:
    added = hub("site", "add", "qingshan", "--ae", "CLINIC1", "--return", "CLINIC1@10.1.2.3:104")
    assert added.returncode == 0, added.stderr
    assert "ANY ADDRESS (warning" in added.stdout
    assert "reports go to CLINIC1@10.1.2.3:104" in added.stdout
    edited = hub("site", "edit", "qingshan", "--address", "10.1.2.3")
    assert "calls as CLINIC1 from 10.1.2.3" in edited.stdout
    assert hub("site", "list").stdout == edited.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("site", "add", "b", "--ae", "seventeen-letters"), "is no AE title"),
        (("site", "add", "b", "--ae", "B", "--return", "B@nowhere"), "is no return node"),
        (("site", "edit", "b", "--ae", "B"), "there is no site named 'b'"),
    ],
)
def test_a_wrong_site_is_refused_with_what_would_be_right(
    hub: Run, words: tuple[str, ...], said: str
) -> None:
    told = hub(*words)
    assert told.returncode == 1
    assert said in told.stderr


def test_a_device_is_closed_and_opened_again_and_each_act_is_in_the_audit_trail(
    hub: Run, tmp_path: Path
) -> None:
    hub("site", "add", "qingshan", "--ae", "CLINIC1")
    assert "closed" not in hub("device", "add", "qingshan", "DR1").stdout
    assert hub("device", "close", "DR1").stdout.endswith("; closed\n")
    assert "closed" not in hub("device", "open", "DR1").stdout
    with closing(sqlite3.connect(tmp_path / "hub" / "hub.sqlite3")) as rows:
        acts = [act for (act,) in rows.execute("SELECT act FROM audit ORDER BY number")]
    assert acts[-3:] == ["device-added", "device-closed", "device-opened"]


def test_an_account_reads_its_password_from_standard_input_and_keeps_no_trace_of_it(
    hub: Run, tmp_path: Path
) -> None:
    added = hub("user", "add", "li", "--role", "reader", stdin="correct horse battery\n")
    assert (added.returncode, added.stdout) == (0, "li; reader; all sites\n")
    assert hub("user", "list").stdout == added.stdout
    assert hub("user", "passwd", "li", stdin="another long one\n").returncode == 0
    assert b"horse" not in b"".join(path.read_bytes() for path in (tmp_path / "hub").glob("hub.sqlite3*"))


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        (("user", "add", "li", "--role", "reader"), "short\n", "at least 10 characters"),
        (("user", "add", "li", "--role", "reader"), "", "no password came"),
        (("user", "add", "li", "--role", "wizard"), "long enough 123\n", "is no role"),
        (("user", "add", "li", "--role", "township"), "long enough 123\n", "needs --site"),
        (("user", "passwd", "nobody"), "long enough 123\n", "there is no user 'nobody'"),
    ],
)
def test_a_wrong_account_is_refused(hub: Run, words: tuple[str, ...], stdin: str, said: str) -> None:
    told = hub(*words, stdin=stdin)
    assert told.returncode == 1
    assert said in told.stderr


def _two_more_acts(hub: Run) -> None:
    for name in ("a", "b"):
        assert hub("site", "add", name, "--ae", name.upper()).returncode == 0


def _change(database: Path, statement: str) -> None:
    """Do what only somebody with the database file could: the trail's own guards are removed first."""
    with closing(sqlite3.connect(database)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)


def test_every_act_of_an_operator_is_in_an_audit_trail_that_verifies(hub: Run) -> None:
    _two_more_acts(hub)
    assert hub("audit", "verify").stdout == "audit trail intact: 3 rows\n"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET thing = 'x' WHERE number = 2",
        "DELETE FROM audit WHERE number = 2",
        "DELETE FROM audit WHERE number = 3",
        "UPDATE audit SET number = CASE number WHEN 1 THEN 12 WHEN 2 THEN 1 ELSE number END",
    ],
)
def test_an_audit_row_that_was_changed_removed_or_moved_is_found(
    hub: Run, tmp_path: Path, statement: str
) -> None:
    _two_more_acts(hub)
    _change(tmp_path / "hub" / "hub.sqlite3", statement)
    told = hub("audit", "verify")
    assert told.returncode == 1
    assert "the audit trail is broken at row" in told.stderr


def test_a_backup_restores_into_an_empty_folder_with_every_file(hub: Run, tmp_path: Path) -> None:
    _two_more_acts(hub)
    kept = tmp_path / "hub" / "files" / "ab" / ("ab" * 16)
    kept.write_bytes(b"pixels")
    assert hub("backup", str(tmp_path / "copy")).returncode == 0
    checked = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path / "copy")
    assert checked.returncode == 0
    restored = hub("restore", str(tmp_path / "copy"), "--data", str(tmp_path / "new"))
    assert restored.returncode == 0, restored.stderr
    assert "audit trail intact: 3 rows" in restored.stdout
    assert (tmp_path / "new" / "files" / "ab" / ("ab" * 16)).read_bytes() == b"pixels"
    assert hub("site", "list", "--data", str(tmp_path / "new")).stdout == hub("site", "list").stdout
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o700


def test_a_backup_that_was_altered_is_refused(hub: Run, tmp_path: Path) -> None:
    kept = tmp_path / "hub" / "files" / "ab" / ("ab" * 16)
    kept.write_bytes(b"pixels")
    hub("backup", str(tmp_path / "copy"))
    (tmp_path / "copy" / "files" / "ab" / ("ab" * 16)).write_bytes(b"others")
    told = hub("restore", str(tmp_path / "copy"), "--data", str(tmp_path / "new"))
    assert told.returncode == 1
    assert "is not the file that was backed up" in told.stderr
    assert not (tmp_path / "new" / "hub.sqlite3").exists() and not (tmp_path / "new" / "files").exists()
    told = hub("verify", "--data", str(tmp_path / "copy"))
    assert told.returncode == 1 and "is not the file that was backed up" in told.stderr
    kept_copy = tmp_path / "copy" / "files" / "ab" / ("ab" * 16)
    kept_copy.unlink()
    assert "is missing" in hub("restore", str(tmp_path / "copy"), "--data", str(tmp_path / "new")).stderr
    kept_copy.write_bytes(b"pixels")
    again = hub("restore", str(tmp_path / "copy"), "--data", str(tmp_path / "new"))
    assert again.returncode == 0, again.stderr
    assert not list((tmp_path / "new").glob(".*"))


def test_nothing_that_looks_at_a_backup_alters_it(hub: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    hub("backup", str(copy))
    before = {path: path.stat().st_mtime_ns for path in [copy, *copy.rglob("*")]}
    checked = hub("verify", "--data", str(copy))
    assert checked.returncode == 0 and "as they were backed up" in checked.stdout, checked.stderr
    for words in (["audit", "verify"], ["site", "list"], ["scrub"], ["db", "upgrade"]):
        told = hub(*words, "--data", str(copy))
        assert told.returncode == 1 and "is a backup" in told.stderr, words
    assert {path: path.stat().st_mtime_ns for path in [copy, *copy.rglob("*")]} == before


def test_a_backup_never_lands_on_a_hub_and_never_overwrites_another(hub: Run, tmp_path: Path) -> None:
    assert hub("backup", str(tmp_path / "copy")).returncode == 0
    assert "exists already" in hub("backup", str(tmp_path / "copy")).stderr
    assert "holds a hub already" in hub("restore", str(tmp_path / "copy")).stderr
    assert "no finished backup" in hub("restore", str(tmp_path), "--data", str(tmp_path / "new")).stderr


@pytest.mark.parametrize("option", ["--http", "--dicom"])
def test_a_demo_listens_on_this_machine_only(readhub: Run, option: str) -> None:
    told = readhub("up", "--demo", option, "0.0.0.0:18080")
    assert told.returncode == 1
    assert f"a demo listens on this machine only: {option}" in told.stderr


def test_the_doctor_names_versions_names_disk_fonts_ports_and_codecs(readhub: Run) -> None:
    told = readhub("doctor").stdout
    for name in (
        "version",
        "libraries",
        "names",
        "onnxruntime",
        "disk",
        "fonts",
        "database",
        "http",
        "codecs",
    ):
        assert f" {name} " in told
