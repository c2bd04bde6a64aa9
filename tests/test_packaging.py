"""The lock is pure and free, and the wheel has everything that a hub needs to run elsewhere."""

import os
import re
import shutil
import signal
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.txt", "requirements-test.txt")
PINNED = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*==[\w.!+-]+( ; .+)?$")
#: A library under one of these would bind the hub; one under the LGPL, used as a library, does not.
COPYLEFT = re.compile(
    r"(?<!L)(?<!Lesser )\b(A?GPL|(GNU )?(Affero )?General Public Licen[cs]e)", re.IGNORECASE
)


def _locked(name: str) -> list[str]:
    lines = (line.strip() for line in (ROOT / name).read_text("utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_pins_everything_and_names_no_index_host_or_folder(name: str) -> None:
    assert [line for line in _locked(name) if not PINNED.match(line)] == []
    text = (ROOT / name).read_text("utf-8")
    assert not re.search(r"https?:|file:/|--(extra-)?index-url|--find-links|--trusted-host| @ ", text)


@pytest.mark.parametrize("name", LOCKS)
def test_torch_is_in_no_lock(name: str) -> None:
    assert [
        line for line in _locked(name) if line.partition("==")[0] in ("torch", "torchvision", "triton")
    ] == []


def test_what_is_installed_is_what_the_lock_names() -> None:
    pins = dict(line.partition(" ;")[0].split("==") for line in _locked("requirements.txt"))
    assert {name: metadata.version(name) for name in pins} == pins


def test_no_library_that_runs_the_hub_is_under_the_gpl() -> None:
    names = [line.partition("==")[0] for line in _locked("requirements.txt")]
    assert len(names) > 50
    assert {name: said for name in names if COPYLEFT.search(said := _licence(name))} == {}


def _licence(name: str) -> str:
    """What the distribution says of its licence: the expression, else short text and classifiers."""
    about = metadata.metadata(name)
    if about.get("License-Expression"):
        return str(about["License-Expression"])
    classes = [line for line in about.get_all("Classifier") or [] if line.startswith("License")]
    return "; ".join([(about.get("License") or "").strip()[:60], *classes])


def test_the_licence_check_would_notice_the_gpl() -> None:
    for said in (
        "GPL-3.0-only",
        "AGPL-3.0",
        "License :: OSI Approved :: GNU General Public License v2 (GPLv2)",
    ):
        assert COPYLEFT.search(said)
    for said in ("LGPL-3.0-only", "MIT", "GNU Lesser General Public License"):
        assert not COPYLEFT.search(said)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert built.returncode == 0, built.stdout + built.stderr
    return next(folder.glob("reading_hub-*.whl"))


def test_the_wheel_has_the_pages_words_fonts_migrations_weights_and_samples(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        r"readhub\.py", r"web/static/dist/manifest\.json", r"web/static/dist/assets/.+\.js",
        r"web/templates/.+\.html", r"web/translations/.+\.mo", r"hub/report/fonts/.+\.ttf",
        r"hub/report/.+\.typ", r"hub/store/migrations/versions/.+\.py",
        r"ai_models/findings/.+\.onnx", r"dicom/demo/samples/.+",
        r"reading_hub-.+/entry_points\.txt", r"reading_hub-.+/licenses/NOTICE",
    ):  # fmt: skip
        assert any(re.fullmatch(needed, name) for name in names), f"the wheel has no {needed}"


def test_the_wheel_has_no_sources_of_the_pages_no_tests_and_no_rooms_of_others(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.startswith("reading_hub-")} == {
        "ai_models", "dicom", "hub", "readhub.py", "web", "workers",
    }  # fmt: skip
    assert [
        name for name in names if "frontend" in name or "node_modules" in name or name.endswith(".po")
    ] == []


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment without the source tree: the wheel, and the locked libraries of this one."""
    home = tmp_path_factory.mktemp("elsewhere")
    venv.create(home / "venv", with_pip=False, symlinks=True)
    place = next((home / "venv" / "lib").glob("python3.*")) / "site-packages"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--target",
        str(place),
        str(wheel),
    ]
    subprocess.run(command, check=True, timeout=300)
    # Appended after the wheel's own modules; paths that an editable install added are not followed.
    (place / "libraries.pth").write_text(str(Path(metadata.distribution("pydicom").locate_file(""))))
    return home


def test_the_wheel_runs_where_the_sources_are_not(elsewhere: Path) -> None:
    asked = "import readhub, hub, web, dicom, workers, ai_models; print(readhub.__file__, hub.__file__)"
    done = _python(elsewhere, "-c", asked)
    assert done.returncode == 0, done.stderr
    assert all(str(elsewhere) in path for path in done.stdout.split())
    helped = _python(elsewhere, "-m", "readhub", "doctor", "--data", str(elsewhere / "var"))
    assert "fault" not in helped.stdout, helped.stdout + helped.stderr


def test_the_installed_wheel_brings_up_the_demo(elsewhere: Path, free_port: Callable[[], int]) -> None:
    ports = ["--http", f"127.0.0.1:{free_port()}", "--dicom", f"127.0.0.1:{free_port()}"]
    command = _command(elsewhere, "-m", "readhub", "up", "--demo", "--data", str(elsewhere / "demo"), *ports)
    hub = subprocess.Popen(command, cwd=elsewhere, env=_clean(), stdout=subprocess.PIPE, text=True)
    assert hub.stdout is not None
    try:
        assert any(line.startswith("ready http://127.0.0.1") for line in hub.stdout)
        page = urlopen(f"http://{ports[1]}/login", timeout=10).read().decode()
        styles = re.findall(r'href="(/static/dist/assets/[^"]+\.css)"', page)
        assert styles
        assert all(urlopen(f"http://{ports[1]}{style}", timeout=10).status == 200 for style in styles)
    finally:
        hub.send_signal(signal.SIGINT)
        assert hub.wait(60) == 0


def _python(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        _command(home, *words), cwd=home, env=_clean(), capture_output=True, text=True, timeout=120
    )


def _command(home: Path, *words: str) -> list[str]:
    return [str(home / "venv" / "bin" / "python"), "-P", *words]


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}


@pytest.mark.skipif(os.environ.get("READHUB_TEST_SOAK") != "1", reason="takes minutes: run by `make soak`")
def test_pip_install_into_an_empty_environment_gives_a_working_readhub(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    source = tmp_path / "source"
    shutil.copytree(
        ROOT, source, ignore=shutil.ignore_patterns(".venv", "var", "node_modules", "dist", ".git", "runs")
    )
    subprocess.run([str(python), "-m", "pip", "install", "-q", str(source)], check=True, timeout=900)
    shutil.rmtree(source)
    done = subprocess.run(
        [str(python.with_name("readhub")), "doctor"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        ("sys.version_info", "Python 3.11 or newer is needed: sudo apt-get install python3 python3-venv"),
        ("ensurepip", "python3 -m venv does not work here: sudo apt-get install python3-venv"),
    ],
)
def test_make_run_says_what_to_install_where_python_is_not_enough(
    tmp_path: Path, refused: str, said: str
) -> None:
    python = tmp_path / "python3"
    python.write_text(f'#!/bin/sh\ncase "$2" in *{refused}*) exit 1;; esac\n')
    python.chmod(0o755)
    command = ["make", "run", f"PYTHON={python}", f"VENV={tmp_path / 'venv'}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
