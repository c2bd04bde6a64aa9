"""A file that is lost or altered after it was acknowledged: the next re-send makes it whole again."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from dicom.reindex import reindex
from dicom.scrub import scrub
from dicom.send import send_files
from dicom.verify import verify
from hub.store import Store
from hub.store.sites import ReturnNode
from hub.store.tables import AuditRow, Base, Instance, KeptAside, Study
from tests.plugins.peers import content_of


def statuses(store: Store, *paths: Path) -> list[int | None]:
    node = ReturnNode("READHUB", *store.settings.dicom_address)
    return [result.status for result in send_files(node, list(paths), "CLINIC1")]


def rows(store: Store, table: type) -> list:  # type: ignore[type-arg]
    with store.reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))  # type: ignore[attr-defined]


def healings(store: Store) -> list[tuple[str, str, str]]:
    with store.reading() as session:
        found = session.scalars(select(AuditRow).where(AuditRow.outcome == "healed"))
        return [(row.act, row.thing, row.site) for row in found]


def lose(path: Path) -> None:
    path.unlink()


def alter(path: Path) -> None:
    was = path.read_bytes()
    path.write_bytes(was[:-9] + bytes((was[-9] ^ 1,)) + was[-8:])


HARMS = pytest.mark.parametrize("harm", [lose, alter])


@HARMS
@pytest.mark.parametrize("noticed", [False, True])
def test_an_instance_sent_again_replaces_its_lost_or_altered_file(
    hub: Store, slices: Callable[..., list[Path]], harm: Callable[[Path], None], noticed: bool
) -> None:
    (path,) = slices(1)
    assert statuses(hub, path) == [0x0000]
    (was,) = rows(hub, Instance)
    harm(hub.vault.path(was.file_key))
    if noticed:
        scrub(hub)
        assert rows(hub, Instance)[0].damaged
    assert statuses(hub, path) == [0x0000]
    (now,) = rows(hub, Instance)
    assert (now.id, now.digest, now.damaged) == (was.id, was.digest, False)
    assert content_of(hub.vault.path(now.file_key)) == content_of(path)
    assert healings(hub) == [("store", now.sop_instance_uid, "east")]
    assert [study.instances for study in rows(hub, Study)] == [1]
    assert verify(hub).is_consistent
    assert statuses(hub, path) == [0x0000]
    assert len(healings(hub)) == 1, "a whole one is healed no more"


@HARMS
def test_what_is_kept_aside_is_healed_alike(
    hub: Store, slices: Callable[..., list[Path]], harm: Callable[[Path], None]
) -> None:
    (first,), (second,) = slices(1), slices(1, WindowCenter="40")
    assert statuses(hub, first, second) == [0x0000, 0xB000]
    (was,) = rows(hub, KeptAside)
    harm(hub.vault.path(was.file_key))
    assert statuses(hub, second) == [0xB000]
    (now,) = rows(hub, KeptAside)
    assert (now.id, now.state) == (was.id, "open")
    assert content_of(hub.vault.path(now.file_key)) == content_of(second)
    assert verify(hub).is_consistent


def test_what_said_the_same_in_another_syntax_is_kept_where_the_instance_is_lost(
    hub: Store, slices: Callable[..., list[Path]], program: Callable[[str], str], tmp_path: Path
) -> None:
    (path,), implicit = slices(1), tmp_path / "implicit.dcm"
    subprocess.run([program("dcmconv"), "+ti", str(path), str(implicit)], check=True)
    assert statuses(hub, path, implicit) == [0x0000, 0x0000]
    (aside,) = rows(hub, KeptAside)
    with hub.writing() as session:
        session.get_one(KeptAside, aside.id).state = "same"
    hub.vault.discard(aside.file_key)
    assert verify(hub).is_consistent, "it was dropped on purpose"
    assert statuses(hub, implicit) == [0x0000]
    assert healings(hub) == []
    lose(hub.vault.path(rows(hub, Instance)[0].file_key))
    assert statuses(hub, implicit) == [0x0000]
    (now,) = rows(hub, KeptAside)
    assert (now.state, content_of(hub.vault.path(now.file_key))) == ("open", content_of(implicit))


def test_a_rebuilt_index_prefers_the_whole_file(
    hub: Store, slices: Callable[..., list[Path]]
) -> None:  # fmt: skip
    (path,) = slices(1)
    assert statuses(hub, path) == [0x0000]
    alter(hub.vault.path(rows(hub, Instance)[0].file_key))
    assert statuses(hub, path) == [0x0000]
    (healed,) = rows(hub, Instance)
    with hub.engine.begin() as connection:
        Base.metadata.drop_all(connection)
        Base.metadata.create_all(connection)
    reindex(hub)
    (found,) = rows(hub, Instance)
    assert (found.file_key, found.damaged) == (healed.file_key, False)
