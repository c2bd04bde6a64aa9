"""Breaks one line per promise in a copy of the tree and runs the promise's test: it must turn red.

Run: `python benchmarks/seen_red.py`. Prints the table of docs/promises.md; fails where one stayed green.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Break(NamedTuple):
    """One promise, the line that is broken for it, and the test that must see it."""

    promise: str
    file: str
    line: str
    broken: str
    test: str


BREAKS = (
    Break("1 durable before success", "hub/store/incoming.py",
          "            os.fsync(self._descriptor)\n            os.rename", "            os.rename",
          "tests/dicom/test_receive_order.py"),
    Break("1 no row before its file is durable", "dicom/keep.py",
          """            spool.seal(head("kept"))
            coming = Coming(arrival, origin, spool.key, mark, entry)
            outcome = self._recorded(coming, until)
""", """            coming = Coming(arrival, origin, spool.key, mark, entry)
            outcome = self._recorded(coming, until)
            spool.seal(head("kept"))
""", "tests/dicom/test_receive_order.py"),
    Break("2 nothing lost or altered", "hub/store/incoming.py",
          "count = os.pwrite(self._descriptor, view, at)",
          "count = os.pwrite(self._descriptor, bytes(view).upper(), at)",
          "tests/dicom/test_receive.py -k bytes_are_kept_exactly"),
    Break("2 nothing is lost at the end of a page", "hub/store/incoming.py",
          "self.write(data[begun:count], begun)", "self.write(data[begun : count - 1], begun)",
          "tests/dicom/test_spool.py -k whatever_its_length"),
    Break("2 what is lost on the disk and sent again is kept", "hub/domain/arrival.py",
          'return "same-again" if is_sound(known.file_key, known.digest) else "healed"',
          'return "same-again"', "tests/dicom/test_heal.py -k replaces_its_lost"),
    Break("3 nothing partial is shown or signed", "hub/domain/study.py",
          '("ready", "report-signed"): "signed",',
          '("ready", "report-signed"): "signed", ("arriving", "report-signed"): "signed",',
          "tests/hub/test_domain.py -k unready"),
    Break("3 whoever breaks off has more to send", "dicom/associations.py",
          "if not was_released or state.is_short:",
          "if state.is_short:", "tests/dicom/test_scp.py -k breaks_off_between"),
    Break("3 whoever breaks off in another process too", "dicom/shared_studies.py",
          "return left == 0", "return True", "tests/dicom/test_brought.py -k another_process"),
    Break("3 what was not taken is waited for", "hub/store/performed_steps.py",
          "        patience = RETRY_SECONDS\n", "        patience = 0.0\n",
          "tests/workers/test_settle.py -k waits_for_what_could_not"),
    Break("4 a re-send destroys nothing", "hub/domain/arrival.py", '    return "kept-aside-content"',
          '    return "same-again"', "tests/dicom/test_receive.py -k other_content"),
    Break("5 a full disk is said", "dicom/keep.py",
          "raise NotTaken(OUT_OF_RESOURCES, str(spool.fault), study)",
          "raise NotTaken(SUCCESS, str(spool.fault))", "tests/dicom/test_receive_trouble.py -k no_room_for"),
    Break("5 a full disk under the index is said", "dicom/keep.py",
          "raise NotTaken(OUT_OF_RESOURCES, _why_not_kept(error), study)",
          "raise NotTaken(SUCCESS, _why_not_kept(error))",
          "tests/dicom/test_receive_trouble.py -k index_that_does_not_fit"),
    Break("6 one site cannot lock out another", "dicom/limits.py",
          "or of_site >= self._most.per_site", "or False", "tests/dicom/test_hostile.py -k flood"),
    Break("6 a certificate is the site's own", "dicom/admission.py",
          "if site.certificate and site.certificate != proposal.certificate:", "if False:",
          "tests/dicom/test_tls.py -k bound_site"),
    Break("7 no message without end", "dicom/spool.py",
          "if self.size + count > self._most:", "if False:",
          "tests/dicom/test_hostile.py -k longer_than_allowed"),
    Break("8 commitment looks at the bytes", "workers/errands/tell_commitment.py",
          "elif not _is_sound(desk, site, instance):", "elif instance.damaged:",
          "tests/dicom/test_storage_commitment.py -k sound_before"),
    Break("8 commitment names what is not there", "workers/errands/tell_commitment.py",
          "        if instance is None:\n            yield named, NO_SUCH_INSTANCE\n        elif",
          "        if instance is None:\n            continue\n        elif",
          "tests/dicom/test_storage_commitment.py -k answered_for_truly"),
    Break("2 damage is found and flagged", "dicom/scrub.py",
          "damaged = not is_whole(store, row.file_key, row.digest)", "damaged = row.damaged",
          "tests/dicom/test_scrub.py -k altered_and_a_missing"),
    Break("9 a refusal is never sent", "workers/errands/deliver.py", 'if result.outcome == "failed":',
          'if result.outcome == "never":', "tests/workers/test_return.py -k status_of_failure"),
    Break("9 the same bytes for every retry", "workers/errands/issue_report.py",
          "made = [] if made_already else _make(desk, signed)", "made = _make(desk, signed)",
          "tests/workers/test_return.py -k same_bytes"),
    Break("10 a signed report stays", "hub/store/audit_guard.py", 'GUARDED = ("audit", "report")',
          'GUARDED = ("audit",)', "tests/hub/test_signing.py -k cannot_be_changed"),
    Break("10 signed is what was shown", "hub/store/signing.py", "    if differences:\n",
          "    if False:\n", "tests/hub/test_signing.py -k late_image"),
    Break("11 a site sees only its own", "hub/store/cases.py",
          "return true() if scope.everywhere else site_id.in_(scope.sites)", "return true()",
          "tests/web/test_worklist.py -k one_site"),
    Break("11 on every DICOM path too", "hub/store/visible.py",
          "own = Study.site_id.in_(scope.sites)", "own = true()",
          "tests/dicom/test_retrieve.py -k another_sites_study"),
    Break("11 in queries and counts too", "hub/store/visible.py",
          "own = Study.site_id.in_(scope.sites)", "own = true()",
          "tests/dicom/test_query.py -k never_anothers"),
    Break("12 the trail shows tampering", "hub/domain/audit.py",
          "if not fits or claimed_link != link(previous, number, entry):", "if not fits:",
          "tests/hub/test_audit.py -k altered"),
    Break("12 a stranger's refusal is a row", "web/refused.py",
          "    strangers().note(Refusal(", "    (Refusal(", "tests/web/test_refusals.py -k log_in"),
    Break("12 a trail that was cut off shows", "hub/store/audit_anchor.py",
          "    if link == before.link:\n", "    if True:\n", "tests/hub/test_audit.py -k cut_off"),
    Break("13 no patient data in logs", "dicom/keep.py", '        if needs_file(outcome):\n',
          '        log.warning("kept", name=arrival.patient.name.text)\n        if needs_file(outcome):\n',
          "tests/dicom/test_receive_kill.py -k names_no_patient"),
    Break("14 not assessed is never normal", "workers/subjects.py", "assessed=False, reason=reason",
          "assessed=True, reason=reason", "tests/workers/test_pre_read.py -k not_assessed"),
    Break("15 one result in effect", "hub/store/errands.py",
          "which, Errand.state.in_(states_before(ERRAND_MOVES, \"claimed\")),", "which,",
          "tests/hub/test_errands.py -k exactly_one"),
    Break("15 a lost message costs seconds", "hub/store/errands.py",
          "gone = (Errand.lease_until < now()) | Errand", "gone = Errand",
          "tests/hub/test_errands.py -k lost_in_the_broker"),
)  # fmt: skip


def main() -> int:
    """Break each line in turn; return how many tests stayed green."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "tree"
        _copy_tree(copy)
        print("| promise | broken line | test | seen |\n|---|---|---|---|", flush=True)
        return sum(not _seen_red(copy, one) for one in BREAKS)


def _copy_tree(copy: Path) -> None:
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in (name for name in listed if (ROOT / name).is_file()):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    for built in ("hub/report/fonts", "web/static/dist", "web/frontend/node_modules"):
        if (ROOT / built).exists() and not (copy / built).exists():
            (copy / built).parent.mkdir(parents=True, exist_ok=True)
            (copy / built).symlink_to(ROOT / built)


def _seen_red(copy: Path, one: Break) -> bool:
    file = copy / one.file
    whole = file.read_text()
    if whole.count(one.line) != 1:
        raise SystemExit(f"{one.file} does not hold this line once: {one.line!r}")
    file.write_text(whole.replace(one.line, one.broken))
    try:
        status = _pytest(copy, one.test)
    finally:
        file.write_text(whole)
    seen = {0: "GREEN, the break was not seen", 1: "red"}.get(status, f"no verdict ({status})")
    line = " ".join(one.line.split()).replace("|", "\\|")
    print(f"| {one.promise} | `{one.file}`: `{line}` | `{one.test}` | {seen} |", flush=True)
    return status == 1


def _pytest(copy: Path, test: str) -> int:
    file, _, chosen = test.partition(" -k ")
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", file]
    environment = {**os.environ, "PYTHONPATH": str(copy), "READHUB_TEST_DATABASES": "sqlite"}
    return subprocess.run(
        [*words, *(["-k", chosen] if chosen else [])], cwd=copy, env=environment, capture_output=True
    ).returncode


if __name__ == "__main__":
    raise SystemExit(main())
