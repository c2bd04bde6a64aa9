"""The doctor finds what would make a hub fail or slow before anybody else does."""

import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from hub import doctor
from hub.doctor import Check, examine_machine
from hub.lock import hold_data_folder
from hub.part_lock import hold_part
from hub.settings import Settings, read_settings, split_address
from hub.store import Store, schema
from hub.store.sites import bind_certificate, edit_site, site_named
from hub.supervisor.probe import listens
from tests.plugins.running_hub import until
from workers.examine import examine


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a hub that was never started."""
    return read_settings(data_dir=tmp_path / "hub")


def _named(checks: Iterable[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def test_every_model_is_named_with_version_digest_and_the_provider_really_used(settings: Settings) -> None:
    checks = {check.name: check for check in examine(settings)}
    for model in ("chest_pneumonia", "bone_fracture", "ecg_ptbxl"):
        assert checks[model].state == "ok"
        assert "runs on CPUExecutionProvider" in checks[model].text
        assert "weights " in checks[model].text
    assert checks["codecs"].state == "ok"


def test_a_provider_that_was_asked_for_and_is_not_used_is_a_warning(tmp_path: Path) -> None:
    asked = read_settings(data_dir=tmp_path, onnx_providers="AbsentExecutionProvider,CPUExecutionProvider")
    check = _named(examine(asked), "ecg_ptbxl")
    assert check.state == "warning"
    assert "and not on AbsentExecutionProvider" in check.text


def test_two_onnxruntimes_in_one_environment_are_a_fault(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = tmp_path / "onnxruntime_gpu-1.31.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: onnxruntime-gpu\nVersion: 1.31.1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    check = _named(examine_machine(settings), "onnxruntime")
    assert check.state == "fault"
    assert "both installed" in check.text


def test_a_room_that_another_distribution_also_brings_is_a_fault(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = tmp_path / "web-9.9.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: web\nVersion: 9.9\n")
    (about / "top_level.txt").write_text("web\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    check = _named(examine_machine(settings), "names")
    assert (check.state, check.text) == ("fault", "web is also in web")


def test_a_report_without_chinese_fonts_is_a_fault(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "FONT_FOLDER", tmp_path)
    assert _named(examine_machine(settings), "fonts").state == "fault"


def test_a_site_that_is_accepted_from_anywhere_is_a_warning_until_it_has_an_address_or_a_certificate(
    townships: Store,
) -> None:
    check = _named(examine_machine(townships.settings), "sites")
    assert check.state == "warning" and check.text.startswith("east, west: ") and "ANY ADDRESS" in check.text
    with townships.writing() as session:
        edit_site(site_named(session, "east"), address="10.1.2.3")
        bind_certificate(site_named(session, "west"), "ab" * 32)
    assert _named(examine_machine(townships.settings), "sites").state == "ok"


def test_a_site_that_is_switched_off_is_no_warning(townships: Store) -> None:
    with townships.writing() as session:
        for name in ("east", "west"):
            edit_site(site_named(session, name), active=False)
    assert "sites" not in [check.name for check in examine_machine(townships.settings)]


def test_a_hub_whose_listener_is_dead_is_a_fault_and_a_folder_that_is_only_held_a_warning(
    settings: Settings, free_port: Callable[[], int]
) -> None:
    address = f"127.0.0.1:{free_port()}"
    with hold_data_folder(settings.data_dir, {"http": address}):
        check = _named(examine_machine(settings), "http")
    assert check.state == "fault" and f"does not answer at {address}" in check.text
    with hold_data_folder(settings.data_dir):
        assert _named(examine_machine(settings), "ports").state == "warning"


@pytest.mark.parametrize(("part", "purpose"), [("web", "http"), ("scp", "dicom")])
def test_a_part_that_is_run_by_itself_is_named_with_where_it_serves_until_it_is_killed(
    settings: Settings, free_port: Callable[[], int], part: str, purpose: str
) -> None:
    schema.upgrade(settings)
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "readhub", part, "--data", str(settings.data_dir)]
    with subprocess.Popen([*command, f"--{purpose}", address]) as process:
        until(lambda: listens(split_address(address)), 120, f"{part} listens")
        check = _named(examine_machine(settings), purpose)
        process.kill()
    assert check.state == "ok"
    assert f"`readhub {part}` of process {process.pid}, run by itself, serves at {address}" in check.text
    until(lambda: not listens(split_address(address)), 30, f"{part} is gone")
    assert f"{getattr(settings, purpose)} is free" in _named(examine_machine(settings), purpose).text


def test_a_part_that_runs_and_does_not_answer_is_a_fault(
    settings: Settings, free_port: Callable[[], int]
) -> None:
    address = f"127.0.0.1:{free_port()}"
    with hold_part(settings.data_dir, "scp", address):
        checks = list(examine_machine(settings))
        assert _named(checks, "dicom").state == "fault"
        assert f"run by itself, does not answer at {address}" in _named(checks, "dicom").text
        assert _named(checks, "http").state == "ok"
    assert "is free" in _named(examine_machine(settings), "dicom").text


def test_a_database_that_is_none_is_a_fault(settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True)
    (settings.data_dir / "hub.sqlite3").write_bytes(b"not a database, but long enough to be looked at" * 40)
    check = _named(examine_machine(settings), "database")
    assert check.state == "fault"
    assert "cannot be opened" in check.text
