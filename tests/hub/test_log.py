"""The log is JSON on standard error and never says what a patient is called."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = "张智宏^Zhang"


def _lines(code: str) -> list[dict[str, object]]:
    """Run `code` after the log was started, and return the lines of its standard error."""
    start = f"from hub.log import start_log\nstart_log('scp')\nNAME = {NAME!r}\n"
    done = subprocess.run(
        [sys.executable, "-c", start + code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == ""
    assert NAME not in done.stderr
    assert "Zhang" not in done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_an_event_of_ours_is_one_json_line_with_its_part_and_instant() -> None:
    (line,) = _lines("import structlog\nstructlog.get_logger('dicom.scp').info('stored', study=7)")
    assert (line["event"], line["study"], line["part"], line["level"]) == ("stored", 7, "scp", "info")
    assert str(line["timestamp"]).endswith("Z")


def test_a_foreign_library_is_named_by_its_place_and_not_quoted() -> None:
    (line,) = _lines("import logging\nlogging.getLogger('pydicom').error('bad value %r', NAME)")
    assert line["logger"] == "pydicom"
    assert "said something at" in str(line["event"])


def test_a_warning_that_quotes_an_element_is_not_printed() -> None:
    assert _lines("import warnings\nwarnings.warn(f'Invalid value for VR PN: {NAME}')") == []


@pytest.mark.parametrize("level", ["exception", "warning"])
def test_an_error_is_logged_by_kind_and_place_without_its_message(level: str) -> None:
    code = (
        "import structlog\nlog = structlog.get_logger('dicom')\n"
        f"try:\n    raise ValueError(NAME)\nexcept ValueError:\n    log.{level}('failed', exc_info=True)"
    )
    (line,) = _lines(code)
    assert line["error"] == "ValueError"
    assert "<module>" in str(line["at"])


def test_the_last_words_of_a_process_do_not_quote_either() -> None:
    (line,) = _lines("def read(name):\n    raise KeyError(name)\nread(NAME)")
    assert (line["event"], line["error"]) == ("ended by an error", "KeyError")
    assert " read" in str(line["at"])


def test_an_object_given_to_the_log_is_named_by_its_kind() -> None:
    code = "import structlog\nclass Patient:\n    def __repr__(self): return NAME\n"
    (line,) = _lines(code + "structlog.get_logger('web').info('seen', who=Patient())")
    assert line["who"] == "<Patient>"


def test_a_command_that_fails_or_logs_a_failure_quotes_nobody() -> None:
    code = (
        "import sys, structlog, readhub\n"
        "@readhub.app.command('break')\n"
        f"def broken(name: str = {NAME!r}) -> None:\n"
        "    try:\n        raise ValueError(name)\n"
        "    except ValueError:\n        structlog.get_logger('hub').error('failed', exc_info=True)\n"
        "    raise KeyError(name)\n"
        "sys.argv = ['readhub', 'break']\nreadhub.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert NAME not in done.stderr and "Zhang" not in done.stderr
    failed, ended, told = done.stderr.splitlines()
    assert (json.loads(failed)["error"], json.loads(ended)["error"]) == ("ValueError", "KeyError")
    assert told.startswith("readhub: a fault of this program")


def test_a_log_that_cannot_be_written_disturbs_nobody() -> None:
    code = (
        "import sys, structlog\nfrom hub.log import start_log\n"
        "sys.stderr = open('/dev/full', 'w')\nstart_log('scp')\n"
        "structlog.get_logger('dicom').info('stored')\nprint('answered')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout == "answered\n"
