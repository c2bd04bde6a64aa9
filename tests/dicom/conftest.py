"""Real and deliberately broken objects, and the foreign programs that judge ours."""

import csv
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of data that is not part of the project; skips where it is absent."""
    folder = Path(os.environ.get("READHUB_SHARED_DIR", REPOSITORY.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"the data pack is not at {folder}")
    return folder


@pytest.fixture(scope="session")
def pack(shared_data: Path) -> list[tuple[Path, dict[str, str]]]:
    """Every file of the DICOM pack with what its manifest says of it."""
    with (shared_data / "dicom" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return [(shared_data / "dicom" / row["file"], row) for row in csv.DictReader(file)]


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


def errors_in(verdict: str) -> list[str]:
    """The lines of a dciodvfy verdict that say Error."""
    return [line for line in verdict.splitlines() if line.startswith("Error")]
