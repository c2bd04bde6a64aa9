"""Pre-reading files without a hub: one JSON line per object, and nothing else on standard output."""

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dicom.demo.cases import demo_cases
from dicom.write.frame import part10
from tests.plugins.ecg_samples import SAMPLES

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
    return subprocess.run(command(*paths), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def command(*paths):
    return [sys.executable, "-m", "readhub", "pre-read", *map(str, paths), "--json"]


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
    assert rate["method"]


def test_an_ultrasound_is_not_assessed_with_the_reason(lines):
    ultrasound = lines["7.dcm"]
    assert (ultrasound["assessed"], ultrasound["findings"]) == (False, [])
    assert ultrasound["reason"]


def test_a_file_that_is_no_object_is_not_assessed_either(lines):
    assert (lines["notes.txt"]["assessed"], lines["notes.txt"]["reason"]) == (False, "failed:unreadable")


def test_wrong_usage_exits_with_2(tmp_path):
    assert pre_read(tmp_path / "missing").returncode == 2


def test_a_file_name_that_is_no_text_is_still_a_line_of_json(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9.dcm")).write_bytes(b"no DICOM at all")
    done = pre_read(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert os.fsencode(Path(json.loads(done.stdout)["path"]).name) == b"caf\xe9.dcm"


def test_a_pipe_among_the_paths_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (line,) = map(json.loads, pre_read(tmp_path / "pipe").stdout.splitlines())
    assert (line["assessed"], line["reason"]) == (False, "failed:unreadable")


def test_an_empty_folder_gives_no_line(tmp_path):
    done = pre_read(tmp_path)
    assert (done.returncode, done.stdout) == (0, "")


def test_killing_a_reading_process_costs_one_line_and_not_the_run(tmp_path):
    case = demo_cases("20261101")[11]
    body = part10(next(iter(case.make(case.person, case.exam))))
    for number in range(150):
        (tmp_path / f"{number:03}.dcm").write_bytes(body)
    with subprocess.Popen(command(tmp_path), cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        said = [json.loads(running.stdout.readline())]
        victim = readers_of(running.pid)[0]
        os.kill(victim, signal.SIGKILL)
        said += map(json.loads, running.stdout)
    assert running.returncode == 0
    assert [Path(line["path"]).name for line in said] == [f"{number:03}.dcm" for number in range(150)]
    lost = [line for line in said if not line["assessed"]]
    assert [line["reason"] for line in lost] == ["failed:worker-lost"]
    assert tuple(lost[0]) == tuple(said[0])[: len(lost[0])]


def readers_of(pid):
    """The processes that read for `pid`: children of the server that forks them."""
    return sorted(inner for child in children_of(pid) for inner in children_of(child))


def children_of(pid):
    return [int(word) for task in Path(f"/proc/{pid}/task").iterdir()
            for word in (task / "children").read_text().split()]  # fmt: skip


def test_ecg_files_of_other_makers_are_pre_read_too(tmp_path):
    for name in ("SCP-ECG", "MFER", "GE MUSE XML"):
        (tmp_path / f"{name}.ecg").write_bytes(SAMPLES[name]())
    with zipfile.ZipFile(io.BytesIO(SAMPLES["WFDB"]())) as archive:
        archive.extractall(tmp_path)
    said = map(json.loads, pre_read(tmp_path).stdout.splitlines())
    found = {Path(line["path"]).name: line for line in said}
    assert found.pop("invented.dat")["reason"] == "failed:unreadable"
    assert set(found) == {"SCP-ECG.ecg", "MFER.ecg", "GE MUSE XML.ecg", "invented.hea"}
    assert {line["assessed"] for line in found.values()} == {True}
    assert {len(line["scores"]) for line in found.values()} == {59}
