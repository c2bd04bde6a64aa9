"""The conformance statement is what the code's own tables say, and names what peers look for."""

import subprocess
import sys
from pathlib import Path

import pytest

from dicom.conformance.statement import statement
from dicom.contexts import storage_classes
from dicom.services import service_contexts
from web.dicomweb.conformance import sections

ROOT = Path(__file__).resolve().parents[2]
STATEMENT = ROOT / "docs" / "conformance-statement.md"


def test_the_committed_statement_is_what_the_command_prints() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "readhub", "conformance"], cwd=ROOT, capture_output=True, check=True
    )
    assert STATEMENT.read_text("utf-8") == done.stdout.decode(), (
        "write it anew: readhub conformance > docs/conformance-statement.md"
    )


def test_every_sop_class_that_is_accepted_is_in_the_statement() -> None:
    said = STATEMENT.read_text("utf-8")
    accepted = [*storage_classes(), *(str(context.abstract_syntax) for context in service_contexts())]
    assert [uid for uid in accepted if f"`{uid}`" not in said] == []


@pytest.mark.parametrize(
    ("table", "changed"),
    [
        ("dicom.conformance.limits.MOST_ANSWERS", 4711),
        ("dicom.conformance.attributes.CHARACTER_SETS", ("ISO_IR 4711",)),
        ("web.dicomweb.conformance.ENCODED", {"image/4711": "1.2"}),
    ],
)
def test_a_changed_table_changes_the_statement(
    monkeypatch: pytest.MonkeyPatch, table: str, changed: object
) -> None:
    assert "4711" not in statement(sections())
    monkeypatch.setattr(table, changed)
    assert "4711" in statement(sections())
