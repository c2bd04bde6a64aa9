"""Which Study UIDs of a folder carry more than one patient: read by pydicom alone, by none of the hub's code.

    python -m benchmarks.pack_table ../shared/data/dicom --report sent.txt --refusals refused.txt
    python -m benchmarks.pack_identity ../shared/data/dicom --report sent.txt --refusals refused.txt

The report is what dcmsend says of every file (`+crf`); the refusals are the hub's reasons by SOP UID.
"""

import argparse
import re
import warnings
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import pydicom

#: Not objects but words about them.
ABOUT = {".csv", ".md", ".txt"}
ABSENT = "(absent)"
#: What dcmsend's detailed report says of one file.
SENT = re.compile(
    r"^Filename +: (?P<file>.*)\nSOP Instance +: (?P<uid>.*)\n(?:.+\n)*?DIMSE Status +: (?P<status>.*)$", re.M
)
MOST_NAMED = 5


@dataclass(frozen=True)
class Said:
    """What the header of one file says."""

    file: Path
    study_instance_uid: str
    patient_id: str


def headers(folder: Path) -> tuple[list[Said], list[Path]]:
    """Return what every file below `folder` says, and the files that pydicom cannot read even when forced."""
    said, unreadable = [], []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix in ABOUT:
            continue
        try:
            dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
            study, patient = (
                str(dataset.get(keyword, ABSENT)) for keyword in ("StudyInstanceUID", "PatientID")
            )
        except Exception:  # the pack is broken in every way there is
            unreadable.append(path)
            continue
        said.append(Said(path, study, patient))
    return said, unreadable


def of_several_patients(said: list[Said]) -> dict[str, list[Said]]:
    """Return the Study UIDs with more than one PatientID; a UID that is absent names no study."""
    by_study = defaultdict(list)
    for one in said:
        if one.study_instance_uid != ABSENT:
            by_study[one.study_instance_uid].append(one)
    return {uid: files for uid, files in by_study.items() if len({one.patient_id for one in files}) > 1}


def statuses(report: Path) -> dict[Path, tuple[str, str]]:
    """Return the SOP Instance UID and the status of every file that dcmsend took up."""
    found = SENT.finditer(report.read_text(errors="replace"))
    return {Path(one["file"]).resolve(): (one["uid"], one["status"]) for one in found}


def print_study(uid: str, files: list[Said], sent: dict[Path, tuple[str, str]], why: dict[str, str]) -> None:
    """Print who a study is said to be of, and what became of its files; what was not taken is named."""
    patients = Counter(one.patient_id for one in files)
    print(f"\n{uid or '(empty)'}: {len(files)} files, {len(patients)} PatientIDs")
    for patient, count in patients.most_common(MOST_NAMED):
        print(f"  {count} of {patient[:40]!r}")
    fates: dict[str, list[str]] = defaultdict(list)
    for one in files:
        sop, status = sent.get(one.file.resolve(), ("", "no object to dcmsend"))
        fates[f"{status} {why.get(sop, '') if 'Success' not in status else ''}".strip()].append(one.file.name)
    for fate, names in sorted(fates.items()):
        print(
            f"  {len(names)} x {fate}" + ("" if "Success" in fate else f": {', '.join(names[:MOST_NAMED])}")
        )


def main() -> None:
    """Print the studies of several patients in the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--report", type=Path, help="dcmsend's detailed report")
    parser.add_argument("--refusals", type=Path, help="the hub's reasons, as pack_table writes them")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    said, unreadable = headers(given.folder)
    sent = statuses(given.report) if given.report else {}
    lines = given.refusals.read_text().splitlines() if given.refusals else []
    why = {uid: reason for uid, _, reason in (line.partition("\t") for line in lines)}
    several = of_several_patients(said)
    print(f"{len(said)} files read, {len(unreadable)} not; {len(several)} Study UIDs with several PatientIDs")
    for uid, files in sorted(several.items(), key=lambda item: -len(item[1])):
        print_study(uid, files, sent, why)


if __name__ == "__main__":
    main()
