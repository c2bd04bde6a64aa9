"""Real and deliberately broken objects, and the foreign programs that judge ours."""

import csv
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def pack(shared_dir: Path) -> list[tuple[Path, dict[str, str]]]:
    """Every file of the DICOM pack with what its manifest says of it."""
    with (shared_dir / "data" / "dicom" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return [(shared_dir / "data" / "dicom" / row["file"], row) for row in csv.DictReader(file)]


@pytest.fixture
def verdict(program: Callable[[str], str], tmp_path: Path) -> Callable[..., str]:
    """Run a foreign program on a data set or a file and return everything it says."""

    def say(name: str, given: object, *options: str) -> str:
        path = given if isinstance(given, Path) else tmp_path / "judged.dcm"
        if path is not given:
            given.save_as(path, enforce_file_format=True)  # type: ignore[attr-defined]
        done = subprocess.run([program(name), *options, str(path)], capture_output=True, timeout=120)
        return (done.stdout + done.stderr).decode("utf-8", "replace")

    return say


@pytest.fixture
def faults(verdict: Callable[..., str]) -> Callable[[object], list[str]]:
    """The lines in which dciodvfy calls something in a data set an error."""

    def found(dataset: object) -> list[str]:
        return [line for line in verdict("dciodvfy", dataset).splitlines() if line.startswith("Error")]

    return found
