"""The self-test tries a site's whole line, says truly what fails, and leaves nothing for a reader to find."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pynetdicom import build_context
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from dicom.reindex import reindex
from dicom.selftest.run import run_selftest
from dicom.selftest.traces import clear_leftovers
from hub.domain.scope import HUB
from hub.errors import Refused
from hub.report.selftest_sheet import sheet_pdf
from hub.settings import read_settings
from hub.store import Store, now, open_store
from hub.store.devices import add_device
from hub.store.orders import move_order
from hub.store.site_copy import copied_sites
from hub.store.sites import site_named
from hub.store.tables import AuditRow, Commitment, Device, ExamOrder, PerformedStep, Study
from hub.store.worklist import Wanted, listed
from tests.dicom.test_scp import associate
from tests.dicom.test_storage_commitment import do_errands
from tests.plugins.databases import settings
from tests.plugins.peers import CT, ROOT, slice_of
from tests.plugins.store import lay_schema

__all__ = ["settings"]


@pytest.fixture
def working(hub: Store) -> Iterator[Store]:
    """The hub with somebody who does its errands."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.3):
            do_errands(hub)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    yield hub
    over.set()
    worker.join(30)


WHO = {"actor": "lin", "role": "operator", "address": "console"}
Command = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def command(hub: Store, tmp_path: Path) -> Iterator[Command]:
    """Give `command("--output", "x.pdf")`: start `readhub selftest --site east` in tmp_path."""
    more = {"READHUB_DATA_DIR": hub.settings.data_dir, "READHUB_DICOM": hub.settings.dicom}
    if hub.settings.database_url is not None:
        more["READHUB_DATABASE_URL"] = hub.settings.url
    environment = os.environ | {name: str(value) for name, value in more.items()} | {"PYTHONPATH": str(ROOT)}
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> "subprocess.Popen[str]":
        line = [sys.executable, "-m", "readhub", "selftest", "--site", "east", *words]
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            line, cwd=tmp_path, env=environment, stdout=pipe, stderr=pipe, text=True, preexec_fn=hears_ctrl_c
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_everything_passes_and_the_sheet_says_so_on_one_page(
    working: Store, tmp_path: Path, program: Callable[[str], str]
) -> None:
    checks, told = run_selftest(working, "east", WHO)
    assert [check for check in checks if not check.passed] == [] and len(checks) == 7
    sheet = tmp_path / "sheet.pdf"
    sheet.write_bytes(sheet_pdf(told))
    text = subprocess.run(
        [program("pdftotext"), "-layout", str(sheet), "-"], capture_output=True, text=True
    ).stdout
    assert "全部 7 项通过" in text and "㑇䶮" in text and "㙦" in text
    assert text.count("\f") == 1
    with working.reading() as session:
        assert {study.state for study in session.scalars(select(Study))} == {"rejected"}
    nothing_is_left(working)
    assert trail(working) == [("lin", "begun"), ("lin", "ok")]


def test_a_rebuilt_index_lists_no_study_of_a_test(working: Store, tmp_path: Path) -> None:
    run_selftest(working, "east", WHO)
    real = slice_of(1, PatientID="SELFTEST-1")
    assert associate(working, build_context(CT, "1.2.840.10008.1.2.1")).send_c_store(real).Status == 0
    shutil.copytree(working.settings.data_dir / "files", tmp_path / "rebuilt" / "files")
    lay_schema(anew := read_settings(data_dir=tmp_path / "rebuilt"))
    reindex(rebuilt := open_store(anew))
    with rebuilt.reading() as session:
        found = {(study.state, study.note) for study in session.scalars(select(Study))}
        assert found == {("rejected", "selftest"), ("arriving", "")}
        (one,) = listed(session, HUB, Wanted())
        assert one.study.study_instance_uid == real.StudyInstanceUID
        assert session.scalars(select(AuditRow.detail).where(AuditRow.thing == "self-tests")).all() == [
            "2 studies rejected again"
        ]
    rebuilt.close()


def test_a_hub_that_does_not_serve_fails_each_check_and_says_why(townships: Store) -> None:
    checks, told = run_selftest(townships, "east", WHO)
    assert not checks[0].passed and "nobody answers" in checks[0].seen
    assert sheet_pdf(told).startswith(b"%PDF")
    nothing_is_left(townships)
    assert trail(townships) == [("lin", "begun"), ("lin", "failed")]
    with townships.reading() as session:
        said = session.scalars(select(AuditRow.detail).where(AuditRow.outcome == "failed")).one()
    assert "0 of 7" in said and checks[0].name in said


def test_a_check_that_breaks_is_a_finding_and_keeps_no_other_from_being_tried(
    working: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("dicom.selftest.checks.WORKLIST_FIND")
    checks, _told = run_selftest(working, "east", WHO)
    assert [check.passed for check in checks] == [True] * 4 + [False] * 2 + [True]
    assert "NameError" in checks[4].seen
    nothing_is_left(working)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_test_that_is_broken_off_leaves_nothing_and_says_so(
    hub: Store, command: Command, end: signal.Signals
) -> None:
    process = command()
    until_an_order_is_there(hub, process)
    process.send_signal(end)
    _said, faults = process.communicate(timeout=120)
    assert process.returncode == 130, faults
    nothing_is_left(hub)
    assert [outcome for _actor, outcome in trail(hub)] == ["begun", "broken-off"]


def test_what_a_killed_test_left_goes_with_the_next_one_also_an_order_that_a_device_began(
    working: Store, command: Command
) -> None:
    process = command()
    until_an_order_is_there(working, process)
    process.kill()
    process.communicate()
    with working.writing() as session:
        order = session.scalars(select(ExamOrder)).first()
        assert order is not None
        begin_step(session, order)
        add_device(session, site_named(session, "east"), "TESTROOM")
        session.execute(update(Device).values(created_at=now() - timedelta(hours=1)))
    run_selftest(working, "east", WHO)
    with working.reading() as session:
        assert session.scalars(select(PerformedStep.order_id)).all() == [None]
        assert session.scalars(select(Device.ae_title)).all() == ["TESTROOM"]
        assert session.scalar(select(func.count()).select_from(ExamOrder)) == 0
        assert {study.state for study in session.scalars(select(Study))} == {"rejected"}
    assert [outcome for _actor, outcome in trail(working)] == ["begun", "broken-off", "begun", "ok"]


def test_another_test_that_runs_now_is_left_alone(hub: Store, command: Command) -> None:
    other = command()
    until_an_order_is_there(hub, other)
    clear_leftovers(hub)
    assert other.poll() is None
    with hub.reading() as session:
        assert session.scalar(select(func.count()).select_from(Device)) == 1


@pytest.mark.parametrize(("asked", "name"), [((), "selftest.pdf"), (("--output", "east.pdf"), "east.pdf")])
def test_the_sheet_is_written_and_where_it_lies_is_said(
    working: Store, command: Command, tmp_path: Path, asked: tuple[str, ...], name: str
) -> None:
    before = set(tmp_path.iterdir())
    said, faults = command(*asked).communicate(timeout=120)
    assert said.splitlines()[-1].endswith(str(tmp_path / name)), faults
    assert set(tmp_path.iterdir()) - before == {tmp_path / name}
    assert (tmp_path / name).read_bytes().startswith(b"%PDF")


def test_a_place_for_the_sheet_that_there_is_not_is_told_before_anything_is_tried(
    hub: Store, command: Command, tmp_path: Path
) -> None:
    process = command("--output", "nowhere/east.pdf")
    _said, faults = process.communicate(timeout=60)
    assert process.returncode == 2 and "nowhere" in faults
    assert trail(hub) == []


def test_a_site_that_there_is_not_is_refused(townships: Store) -> None:
    with pytest.raises(Refused):
        run_selftest(townships, "nowhere", WHO)


def hears_ctrl_c() -> None:
    """A program that was started in the background inherits that it does not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def nothing_is_left(store: Store) -> None:
    """Nobody finds, revives or calls with anything of a test, in the database or in the sites' copy."""
    with store.reading() as session:
        assert session.scalars(select(ExamOrder)).all() == []
        assert session.scalars(select(Device)).all() == []
        assert session.scalars(select(Commitment).where(Commitment.state == "asked")).all() == []
        assert listed(session, HUB, Wanted()) == []
    assert copied_sites(store.settings.data_dir)["east"]["devices"] == []


def trail(store: Store) -> list[tuple[str, str]]:
    with store.reading() as session:
        rows = session.execute(
            select(AuditRow.actor, AuditRow.outcome)
            .where(AuditRow.act == "self-test", AuditRow.thing == "site:east")
            .order_by(AuditRow.number)
        )
        return [(actor, outcome) for actor, outcome in rows]


def begin_step(session: Session, order: ExamOrder) -> None:
    move_order(session, order, "step-started")
    session.add(
        PerformedStep(
            site_id=order.site_id,
            order_id=order.id,
            sop_instance_uid="1.2.3",
            calling_ae="CLINIC1",
            study_instance_uid=order.study_instance_uid,
            expected=[],
            started_at=now(),
        )  # fmt: skip
    )


def until_an_order_is_there(store: Store, process: "subprocess.Popen[str]") -> None:
    """Wait for as long as the self-test runs: that ends by itself, and takes a minute on a busy machine."""
    while process.poll() is None:
        with store.reading() as session:
            if session.scalar(select(ExamOrder.id).limit(1)):
                return
        time.sleep(0.05)
    raise AssertionError(f"the self-test wrote no order: {process.communicate()}")
