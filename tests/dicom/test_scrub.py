"""Files that change on the disk are found by their digest; a backup under load restores to a whole hub."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from dicom.scrub import scrub
from dicom.send import send_files
from dicom.verify import Verdict, verify
from hub.backup import back_up, restore
from hub.settings import read_settings
from hub.store import Store, open_store
from hub.store.sites import ReturnNode
from hub.store.tables import AuditRow, Change, Instance, Study
from tests.plugins.peers import ScpProcess, slice_of, wait_for, written

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def kept(hub: Store, slices: Callable[..., list[Path]]) -> list[Instance]:
    """Three instances that the hub holds."""
    send_files(ReturnNode("READHUB", *hub.settings.dicom_address), slices(3), "CLINIC1")
    wait_for(lambda: states(hub) == ["ready"], "the study to settle as its association ends")
    return rows(hub)


def states(store: Store) -> list[str]:
    with store.reading() as session:
        return list(session.scalars(select(Study.state)))


def rows(store: Store) -> list[Instance]:
    with store.reading() as session:
        return list(session.scalars(select(Instance).order_by(Instance.id)))


def alter(path: Path) -> bytes:
    """Change one bit of a file's last bytes, as a failing disk does; return what it was."""
    was = path.read_bytes()
    path.write_bytes(was[:-9] + bytes((was[-9] ^ 1,)) + was[-8:])
    return was


def checks(store: Store) -> list[tuple[str, str]]:
    with store.reading() as session:
        found = session.scalars(select(AuditRow).where(AuditRow.act == "check").order_by(AuditRow.number))
        return [(row.outcome, row.site) for row in found]


def test_whole_files_are_left_alone(hub: Store, kept: list[Instance]) -> None:
    seen = scrub(hub)
    assert (seen.files, seen.damaged, seen.healed, seen.last) == (3, [], [], 0)
    assert checks(hub) == []


def test_an_altered_and_a_missing_file_are_flagged_once_audited_and_told(
    hub: Store, kept: list[Instance]
) -> None:
    alter(hub.vault.path(kept[0].file_key))
    hub.vault.path(kept[2].file_key).unlink()
    with hub.reading() as session:
        told = len(session.scalars(select(Change)).all())
    assert scrub(hub).damaged == [kept[0].id, kept[2].id]
    assert scrub(hub).damaged == []
    assert [row.damaged for row in rows(hub)] == [True, False, True]
    assert checks(hub) == [("damaged", "east"), ("damaged", "east")]
    with hub.reading() as session:
        assert len(session.scalars(select(Change)).all()) == told + 2


def test_a_file_that_is_put_back_is_whole_again(hub: Store, kept: list[Instance]) -> None:
    path = hub.vault.path(kept[1].file_key)
    was = alter(path)
    scrub(hub)
    path.write_bytes(was)
    assert scrub(hub).healed == [kept[1].id]
    assert not rows(hub)[1].damaged
    assert checks(hub) == [("damaged", "east"), ("whole again", "east")]


def test_a_scrub_without_time_goes_on_where_it_ended(hub: Store, kept: list[Instance]) -> None:
    first = scrub(hub, seconds=0)
    second = scrub(hub, first.last)
    assert (first.files, first.last, second.files, second.last) == (1, kept[0].id, 2, 0)


def test_what_is_wrong_between_rows_and_files_is_counted(hub: Store, kept: list[Instance]) -> None:
    assert verify(hub) == Verdict(files=3)
    alter(hub.vault.path(kept[0].file_key))
    hub.vault.path(kept[1].file_key).unlink()
    hub.vault.keep(b"nobody's")
    with hub.writing() as session:
        session.get_one(Instance, kept[2].id).study_id += 0
        session.delete(session.get_one(Instance, kept[2].id))
    assert verify(hub) == Verdict(
        files=3, missing=1, altered=1, miscounted_studies=1, unindexed=2
    )  # fmt: skip
    assert not verify(hub).is_consistent


def test_a_backup_taken_while_studies_come_in_restores_to_a_whole_hub(
    receiver: ScpProcess, program: Callable[[str], str], tmp_path: Path
) -> None:
    """New instances, and re-sends whose files come and go, arrive while three backups are taken."""
    pixels = os.urandom(256 * 256 * 2)
    paths = [
        written(slice_of(n, Rows=256, Columns=256, PixelData=pixels), tmp_path / "sent" / f"{n:03}.dcm")
        for n in range(1, 121)
    ]
    receiver.start()
    host, port = receiver.settings.dicom_address
    command = [program("storescu"), "-R", "-aet", "CLINIC1", "-aec", "READHUB", host, str(port)]
    for turn in range(3):
        sending = subprocess.Popen([*command, *map(str, paths[: 40 * (turn + 1)])])
        wait_for(lambda turn=turn: len(rows(receiver.store)) > 40 * turn + 3, "instances", 60)  # type: ignore[misc]
        acknowledged = {row.sop_instance_uid for row in rows(receiver.store)}
        back_up(receiver.settings, tmp_path / f"copy{turn}")
        assert sending.wait(120) == 0
        restored = read_settings(data_dir=tmp_path / f"restored{turn}")
        restore(restored, tmp_path / f"copy{turn}")
        store = open_store(restored)
        assert verify(store).is_consistent
        assert acknowledged <= {row.sop_instance_uid for row in rows(store)}
        store.close()


def test_the_commands_say_it_by_their_exit_status(hub: Store, kept: list[Instance]) -> None:
    def run(name: str) -> int:
        words = [sys.executable, "-P", "-m", "readhub", name, "--data", str(hub.settings.data_dir)]
        return subprocess.run(words, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd="/").returncode

    assert (run("scrub"), run("verify")) == (0, 0)
    alter(hub.vault.path(kept[0].file_key))
    assert (run("scrub"), run("verify")) == (1, 1)
