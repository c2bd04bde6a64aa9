"""Pre-reading files without a hub: one JSON line per object, and nothing else on standard output."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dicom.demo.cases import demo_cases
from dicom.write.frame import part10

ROOT = Path(__file__).resolve().parents[2]
WORDS = (
    "path",
    "sop_instance_uid",
    "assessed",
    "reason",
    "model",
    "version",
    "milliseconds",
    "scores",
    "findings",
)


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """What `readhub pre-read` says of a folder of the demo's objects and one file that is none, by name."""
    folder = tmp_path_factory.mktemp("mixed")
    (folder / "deeper").mkdir()
    for number in (0, 2, 7, 11):
        case = demo_cases("20261101")[number]
        dataset = next(iter(case.make(case.person, case.exam)))
        (folder / "deeper" / f"{number}.dcm").write_bytes(part10(dataset))
    (folder / "notes.txt").write_text("no DICOM at all")
    done = pre_read(folder)
    assert done.returncode == 0, done.stderr
    return {Path(line["path"]).name: line for line in map(json.loads, done.stdout.splitlines())}


def pre_read(*paths):
    command = [sys.executable, "-m", "readhub", "pre-read", *map(str, paths), "--json"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_every_file_has_one_line_with_every_word(lines):
    assert len(lines) == 5
    assert all(tuple(line)[: len(WORDS)] == WORDS for line in lines.values())


def test_a_chest_film_has_its_score_and_finding(lines):
    film = lines["0.dcm"]
    assert film["assessed"]
    assert set(film["scores"]) == {"pneumonia"}
    assert film["findings"][0]["code"] == "pneumonia"


def test_a_bone_film_lists_candidate_boxes(lines):
    (finding,) = lines["2.dcm"]["findings"]
    assert set(lines["2.dcm"]["scores"]) == {"fracture"}
    assert all(len(box["xyxy"]) == 4 and box["probability"] >= 0.01 for box in finding["boxes"])


def test_an_ecg_has_59_scores_and_its_measurements(lines):
    ecg = lines["11.dcm"]
    assert len(ecg["scores"]) == 59
    rate = next(m for m in ecg["measurements"] if m["name"] == "heart_rate")
    assert 40 < rate["value"] < 120


def test_an_ultrasound_is_not_assessed_with_the_reason(lines):
    ultrasound = lines["7.dcm"]
    assert (ultrasound["assessed"], ultrasound["findings"]) == (False, [])
    assert ultrasound["reason"]


def test_a_file_that_is_no_object_is_not_assessed_either(lines):
    assert (lines["notes.txt"]["assessed"], lines["notes.txt"]["reason"]) == (False, "failed:unreadable")


def test_wrong_usage_exits_with_2(tmp_path):
    assert pre_read(tmp_path / "missing").returncode == 2
