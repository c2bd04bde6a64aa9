"""The commands about objects: send them, import ECG files, try a line, and compare what is kept."""

import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from hub.options import Data, chosen_settings, group

objects = group("Objects.")


@objects.command("import-ecg")
def import_ecg(
    paths: list[Path],
    site: Annotated[str, typer.Option(help="The site that they are of.")],
    data: Data = None,
) -> None:
    """Import ECG files (SCP-ECG, aECG, Sierra, MUSE, Mortara, MFER, EDF, WFDB in a ZIP, DICOM) or folders.

    One line per file; exit status 1 where one was refused.
    """
    from dicom.ecg_files.console import import_paths

    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise typer.BadParameter(f"not there: {', '.join(missing)}", param_hint="PATH")
    refused = False
    for path, taken, sentence in import_paths(chosen_settings(data), site, paths):
        refused = refused or taken.outcome == "refused"
        print(f"{taken.outcome:10} {path} {sentence}".rstrip(), flush=True)
    raise typer.Exit(1 if refused else 0)


@objects.command()
def send(
    paths: list[Path],
    to: Annotated[str | None, typer.Option(metavar="AET@HOST:PORT", help="The receiver [this hub].")] = None,
    calling: Annotated[str, typer.Option(metavar="AET", help="The AE title to call with.")] = "READHUB",
    data: Data = None,
) -> None:
    """Send DICOM files or folders by C-STORE; one line per object, exit status 1 where one failed.

    What an answer other than success means, and what to do, is said once for each, on standard error.
    """
    from dicom.answers import storage_answer
    from dicom.send import send_paths
    from hub.store.sites import parse_return_node

    settings = chosen_settings(data)
    node = parse_return_node(to or f"{settings.ae_title}@{settings.dicom}")
    results = send_paths(node, paths, calling)
    for result in results:
        status = "------" if result.status is None else f"0x{result.status:04X}"
        print(f"{status} {result.outcome:8}{result.path} {result.detail}".rstrip(), flush=True)
    for code in sorted({one.status for one in results if one.status and one.outcome != "stored"}):
        meaning, advice = storage_answer(code)
        print(f'0x{code:04X} is "{meaning}": {advice}', file=sys.stderr)
    raise typer.Exit(1 if any(result.outcome == "failed" for result in results) else 0)


@objects.command()
def selftest(
    site: Annotated[str, typer.Option(help="The site whose line is tried.")],
    output: Annotated[
        Path, typer.Option("--output", "--sheet", metavar="FILE.pdf", help="Where the one-page sheet goes.")
    ] = Path("selftest.pdf"),
    data: Data = None,
) -> None:
    """Try everything a new device of SITE needs, write a sheet, and take the traces away again."""
    from dicom.selftest.run import run_selftest
    from hub.console import opened, operator
    from hub.report.selftest_sheet import sheet_pdf

    if not output.absolute().parent.is_dir():
        raise typer.BadParameter(f"no such folder: {output.absolute().parent}", param_hint="--output")
    for end in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(end, signal.default_int_handler)
    try:
        with opened(chosen_settings(data)) as store:
            checks, sheet = run_selftest(store, site, operator())
    except KeyboardInterrupt:
        print("broken off; its device and its orders are gone", file=sys.stderr, flush=True)
        os._exit(130)  # threads of an association that was just being opened would keep the process
    for check in checks:
        print(f"{'ok  ' if check.passed else 'FAIL'} {check.name}: {check.seen}", flush=True)
    output.write_bytes(sheet_pdf(sheet))
    print(f"the sheet is {output.absolute()}")
    raise typer.Exit(0 if all(check.passed for check in checks) else 1)


@objects.command()
def scrub(data: Data = None) -> None:
    """Read every kept file again and flag what is damaged; exit status 1 where something is."""
    from dicom.scrub import scrub as compare
    from hub.store import open_store

    seen = compare(open_store(chosen_settings(data)))
    print(f"{seen.files} files read; newly damaged: {len(seen.damaged)}; whole again: {len(seen.healed)}")
    raise typer.Exit(1 if seen.damaged else 0)


@objects.command()
def verify(data: Data = None) -> None:
    """Say whether rows and files agree, such as after a restore; exit status 1 where they do not.

    Of a backup it says whether its files are as they were backed up; nothing is changed in either.
    """
    from dicom.verify import verify as compare
    from hub.backup import check, is_backup
    from hub.console import verify_audit
    from hub.store import open_store

    settings = chosen_settings(data)
    if is_backup(settings.data_dir):
        print(check(settings.data_dir))
        return
    verdict = compare(open_store(settings))
    for what, number in vars(verdict).items():
        print(f"{what}: {number}")
    print(verify_audit(settings))
    raise typer.Exit(0 if verdict.is_consistent else 1)
