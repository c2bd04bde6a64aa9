"""The command line: every way to run and tend a hub, and the one place that knows all rooms."""

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from dicom.commands import objects
from hub.console_commands import audit, site, user
from hub.device_commands import device
from hub.errors import HubError, SetupFault
from hub.options import Data, Dicom, Http, chosen_settings, group, one_thread_each
from hub.settings import Settings

app = group("Reading Hub: receive, pre-read, read, sign, return.")
app.add_typer(objects)
app.add_typer(db := group("The database."), name="db")
app.add_typer(site, name="site")
app.add_typer(device, name="device")
app.add_typer(user, name="user")
app.add_typer(audit, name="audit")


def _say_version(asked: bool) -> None:
    if asked:
        from hub import __version__

        print(f"readhub {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say it and exit.")
    ] = False,
) -> None:
    from hub.log import start_log

    # A part says its own name afterwards. Left to itself the log would show what every variable holds.
    start_log("command", logging.WARNING)


def main() -> None:
    """Run the command that the words say; a fault of the hub is one line and exit status 1."""
    os.umask(0o077)
    try:
        app()
    except HubError as fault:
        print(f"readhub: {fault}", file=sys.stderr)
        raise SystemExit(1) from None
    except OSError as fault:
        print(f"readhub: {fault.strerror or type(fault).__name__}: {fault.filename or ''}", file=sys.stderr)
        raise SystemExit(1) from None
    except Exception:
        sys.excepthook(*sys.exc_info())
        print("readhub: a fault of this program, not of yours; the line above says where", file=sys.stderr)
        raise SystemExit(1) from None


def _part(name: str, run: Callable[[Settings], None], settings: Settings) -> None:
    from hub.log import start_log
    from hub.part_lock import hold_part

    start_log(name)
    listens_at = {"scp": settings.dicom, "web": settings.http, "hl7": settings.hl7}
    with hold_part(settings.data_dir, name, listens_at.get(name, "-")):
        run(settings)


@app.command()
def up(
    data: Data = None,
    http: Http = None,
    dicom: Dicom = None,
    demo: Annotated[bool, typer.Option("--demo", help="With three made-up townships.")] = False,
) -> None:
    """Start a whole hub here and keep it running until Ctrl-C."""
    settings = chosen_settings(data, http, dicom, demo)
    if settings.demo:
        _only_here(settings)
    from hub.lock import hold_data_folder
    from hub.log import start_log
    from hub.store import schema
    from hub.supervisor.ports import need_free
    from hub.supervisor.supervise import Supervisor
    from workers.parts import hub_parts

    start_log("supervisor")
    serving = {"http": settings.http, "dicom": settings.dicom}
    with hold_data_folder(settings.data_dir, serving) as family:
        need_free(*settings.http_address, purpose="HTTP (--http)")
        need_free(*settings.dicom_address, purpose="DICOM (--dicom)")
        print(f"starting; every part's log is in {settings.data_dir / 'logs'}", flush=True)
        schema.upgrade(settings)
        if settings.demo:
            _prepare_demo(settings)
        Supervisor(hub_parts(settings), settings.data_dir / "logs", family).run(lambda: _say_ready(settings))


def _only_here(settings: Settings) -> None:
    for name, (host, _port) in (("--http", settings.http_address), ("--dicom", settings.dicom_address)):
        if host not in ("127.0.0.1", "::1", "localhost"):
            raise SetupFault(f"a demo listens on this machine only: {name} cannot be {host}")


def _prepare_demo(settings: Settings) -> None:
    from hub.demo import prepare_demo
    from hub.store import open_store

    store = open_store(settings)
    prepare_demo(store)
    store.close()


def _say_ready(settings: Settings) -> None:
    print(f"ready http://{settings.http} dicom {settings.ae_title}@{settings.dicom}", flush=True)
    print("Ctrl-C stops the hub and keeps its data", flush=True)
    if settings.demo:
        from hub.demo import accounts_path, read_accounts

        print(f"demo accounts, also in {accounts_path(settings)}:")
        for account in read_accounts(settings):
            print(f"  {account['role']:9} {account['username']:11} {account['password']}", flush=True)


@app.command()
def scp(data: Data = None, dicom: Dicom = None) -> None:
    """Receive studies: the DICOM listener alone."""
    from ai_models.reach import picture_classes
    from dicom.scp import run

    _part("scp", lambda settings: run(settings, picture_classes()), chosen_settings(data, dicom=dicom))


@app.command()
def hl7(data: Data = None) -> None:
    """Take orders by HL7 (MLLP) at READHUB_HL7: that listener alone."""
    from hub.hl7.mllp import run

    settings = chosen_settings(data)
    if not settings.hl7:
        raise SetupFault("READHUB_HL7 says nothing: name HOST:PORT where orders are taken")
    _part("hl7", run, settings)


@app.command()
def web(data: Data = None, http: Http = None) -> None:
    """Serve the pages alone."""
    from web.server import run

    _part("web", run, chosen_settings(data, http=http))


@app.command()
def township(data: Data = None) -> None:
    """Play a township for the demo: send its studies, receive the reports."""
    from dicom.demo.run import run

    settings = chosen_settings(data)
    if not settings.demo:
        raise SetupFault("the demo township runs only with a demo hub: readhub up --demo")
    _part("township", run, settings)


@app.command()
def relay(data: Data = None) -> None:
    """Hand due errands to the broker: the relay alone."""
    from workers.relay import run

    _part("relay", run, chosen_settings(data))


@app.command()
def watch(data: Data = None) -> None:
    """Take ECG files from the watch folders: that part alone."""
    from dicom.ecg_files.watch import run

    _part("watch", run, chosen_settings(data))


@app.command()
def worker(
    data: Data = None,
    queue: Annotated[str | None, typer.Option(help="read or post; without it both, and the relay.")] = None,
) -> None:
    """Pre-read and return reports."""
    settings = chosen_settings(data)
    if queue is None:
        from hub.log import start_log
        from hub.supervisor.supervise import Supervisor
        from workers.parts import worker_parts

        start_log("workers")
        Supervisor([worker_parts()], settings.data_dir / "logs", None).run(lambda: print("ready", flush=True))
        return
    from workers.app import QUEUES, run_worker

    if queue not in QUEUES:
        raise typer.BadParameter(f"'{queue}' is none of {', '.join(QUEUES)}", param_hint="--queue")
    if queue == "read":
        one_thread_each()
    _part(f"worker-{queue}", lambda settings: run_worker(settings, queue), settings)


@db.command("upgrade")
def db_upgrade(data: Data = None) -> None:
    """Bring the database to this version's schema; safe to repeat."""
    from hub.store.schema import upgrade

    print(f"schema {upgrade(chosen_settings(data))}")


@db.command("reindex")
def db_reindex(data: Data = None) -> None:
    """Rebuild every row of the index from the stored files alone; no hub may run meanwhile."""
    from dicom.reindex import reindex
    from hub.store import open_store, schema

    settings = chosen_settings(data)
    schema.upgrade(settings)
    for count, number in vars(reindex(open_store(settings))).items():
        print(f"{count}: {number}")


@app.command("pre-read")
def pre_read(
    paths: list[Path],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line per object (the only form).")] = True,
) -> None:
    """Pre-read DICOM files or folders without a hub; prints one JSON line per object."""
    from hub.log import start_log
    from workers.offline import pre_read_paths

    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise typer.BadParameter(f"not there: {', '.join(missing)}", param_hint="PATH")
    one_thread_each()
    start_log("pre-read")
    # A path that is no UTF-8 comes out as JSON's own escape.
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    for line in pre_read_paths(paths, chosen_settings()):
        print(line, flush=True)


@app.command()
def conformance() -> None:
    """Print the DICOM conformance statement of this version (docs/conformance-statement.md)."""
    from dicom.conformance.statement import statement
    from web.dicomweb.conformance import sections

    print(statement(sections()), end="")


@app.command()
def doctor(data: Data = None) -> None:
    """Say what is installed and usable here; exit status 1 where something is broken."""
    from workers.examine import examine

    faulty = False
    for check in examine(chosen_settings(data)):
        faulty = faulty or check.state == "fault"
        print(check, flush=True)
    raise typer.Exit(1 if faulty else 0)


@app.command()
def backup(target: Path, data: Data = None) -> None:
    """Copy a hub, also a running one, consistently into the new folder TARGET."""
    from hub.backup import back_up

    print(back_up(chosen_settings(data), target.absolute()))


@app.command()
def restore(source: Path, data: Data = None) -> None:
    """Bring the backup in SOURCE into an empty data folder, and check it."""
    from hub.backup import restore as bring_back
    from hub.console import verify_audit

    settings = chosen_settings(data)
    print(bring_back(settings, source.absolute()))
    print(verify_audit(settings))


if __name__ == "__main__":
    main()
