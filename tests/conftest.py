"""Fixtures that every room's tests may use: programs, the shared data, ports, a data folder, a hub."""

import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from argon2 import PasswordHasher

from hub.settings import Settings, read_settings
from hub.store import users
from tests.plugins import ports

pytest_plugins = [
    "tests.plugins.once",
    "tests.plugins.postgresql",
    "tests.plugins.peers",
    "tests.plugins.studies",
]

ROOT = Path(__file__).resolve().parent.parent
#: The Debian package that brings each program a test may ask for.
PACKAGES = {
    "storescu": "dcmtk", "storescp": "dcmtk", "dcmsend": "dcmtk", "echoscu": "dcmtk", "findscu": "dcmtk",
    "movescu": "dcmtk", "getscu": "dcmtk",
    "dsrdump": "dcmtk", "dcmdump": "dcmtk", "dcmconv": "dcmtk", "dump2dcm": "dcmtk",
    "dcmodify": "dcmtk", "dcmj2pnm": "dcmtk", "dcmcrle": "dcmtk", "dcmqrscp": "dcmtk",
    "dciodvfy": "dicom3tools", "chromium": "chromium",
    "pdfsig": "poppler-utils", "pdftotext": "poppler-utils", "pdftoppm": "poppler-utils",
    "pdffonts": "poppler-utils", "Orthanc": "orthanc", "strace": "strace", "npm": "npm",
    "ojph_compress": "openjph-tools",
}  # fmt: skip
SEVERAL_DATABASES = "," in os.environ.get("READHUB_TEST_DATABASES", "")
STRICT = os.environ.get("READHUB_TEST_STRICT") == "1"
#: Where Debian puts programs that are not on everybody's PATH.
PLACES = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])

#: Files that take a minute and more come first, so that nobody waits for one of them at the end.
LONG = (
    "test_viewer.py", "test_training.py", "test_kill.py", "test_report_browser.py", "test_odd_input.py",
    "test_readhub_up.py", "test_packaging.py", "test_whole_loop.py", "test_database_down.py",
    "test_selftest.py", "test_screening_browser.py", "test_ecg_watch.py", "test_ecg_page.py",
    "test_server.py", "test_readhub.py", "test_query.py", "test_orthanc.py", "test_separates.py",
    "test_dicomweb_search.py", "test_storage_commitment.py", "test_broken_models.py",
)  # fmt: skip
#: Files that run on one database: what they ask of it is asked on every kind by others of their room.
ON_ONE_DATABASE = (
    "test_report_browser.py", "test_language.py", "test_headers.py", "test_dicomweb_types.py",
    "test_dicomweb_syntaxes.py", "test_dicomweb_bulk.py", "test_retrieve_failures.py", "test_ecg_watch.py",
    "test_selftest.py", "test_compare.py", "test_bundle.py", "test_database_down.py",
)  # fmt: skip

_packages: set[str] = set()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put long files first, and leave out what would say the same twice."""
    again = [item for item in items if _is_said_elsewhere(item)]
    kept = [item for item in items if not _is_said_elsewhere(item)]
    items[:] = sorted(kept, key=lambda one: one.path.name not in LONG)
    if again:
        config.hook.pytest_deselected(items=again)


def _is_said_elsewhere(item: pytest.Item) -> bool:
    given = getattr(item, "callspec", None)
    on_one = item.path.name in ON_ONE_DATABASE or item.get_closest_marker("one_database") is not None
    return SEVERAL_DATABASES and given is not None and on_one and "postgresql" in given.params.values()


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> None:
    """Hash with argon2's smallest cost: what it costs to guess is not what these tests are about."""
    users._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True, scope="session")
def plain_log() -> None:
    """Log a fault as it is: left to itself structlog paints it, with every variable, for ten seconds."""
    renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """Give `program("dciodvfy")`: its path, or a skip by name (under READHUB_TEST_STRICT=1 a failure)."""
    return find_program


def find_program(name: str) -> str:
    """Return the path of the Debian program `name`, never one that pip put first on PATH."""
    own = str(Path(sys.prefix, "bin"))
    places = os.pathsep.join(place for place in PLACES.split(os.pathsep) if place != own)
    found = shutil.which(name, path=places)
    if found:
        return found
    package = PACKAGES.get(name, name.lower())
    said = f"{name} is not installed (Debian package {package})"
    if STRICT:
        pytest.fail(said)
    # A failure under READHUB_TEST_STRICT; else the run ends with the line that installs the program.
    pytest.skip(said)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Collect the packages of every program that was missing."""
    reasons = " ".join(str(report.longrepr) for report in terminalreporter.stats.get("skipped", ()))
    _packages.update(re.findall(r"\(Debian package ([\w.+-]+)\)", reasons))


def pytest_unconfigure() -> None:
    """End with the one line that would bring them, after the closing line."""
    if _packages:
        print(f"for the tests that were skipped: sudo apt-get install {' '.join(sorted(_packages))}")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of data that is not part of the project; tests that need it are skipped without it."""
    place = Path(os.environ.get("READHUB_SHARED_DIR") or ROOT.parent / "shared")
    if not (place / "data").is_dir():
        # The project's tests pass without it and say so; where it is, as in CI, they all run.
        pytest.skip(f"the shared data is not beside the project ({place.name}/data)")
    return place


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Give `free_port()`: a TCP port of the loopback that nobody has, another one at each call."""
    return ports.free_port


@pytest.fixture
def settings(tmp_path: Path, free_port: Callable[[], int]) -> Settings:
    """The settings of a hub of its own: a fresh data folder, ports that nobody has."""
    return read_settings(
        data_dir=tmp_path / "hub", http=f"127.0.0.1:{free_port()}", dicom=f"127.0.0.1:{free_port()}"
    )
