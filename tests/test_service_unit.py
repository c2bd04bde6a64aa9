"""The systemd unit that docs/operating.md shows is one that systemd takes."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

OPERATING = Path(__file__).resolve().parent.parent / "docs" / "operating.md"


def test_systemd_finds_nothing_wrong_with_the_unit_of_the_manual(
    tmp_path: Path, program: Callable[[str], str]
) -> None:
    (unit,) = re.findall(r"```ini\n(\[Unit\].*?)```", OPERATING.read_text("utf-8"), re.DOTALL)
    started = Path(sys.executable).with_name("readhub")
    assert started.is_file() and "/opt/readhub/.venv/bin/readhub up" in unit
    path = tmp_path / "readhub.service"
    path.write_text(unit.replace("/opt/readhub/.venv/bin/readhub", str(started)), "utf-8")
    verified = subprocess.run([program("systemd-analyze"), "verify", path], capture_output=True, text=True)
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
