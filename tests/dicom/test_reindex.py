"""The index rebuilt from the files alone says what it said before."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, select

from dicom.part10 import part10_head
from dicom.reindex import Counts, adopt_orphans, reindex
from dicom.scp import serving
from dicom.send import send_files
from hub.errors import Refused
from hub.lock import hold_data_folder
from hub.settings import read_settings
from hub.store import Store, open_store, schema, sites
from hub.store.audit_anchor import drop_anchor, earlier_trails, fault
from hub.store.devices import add_device
from hub.store.site_copy import DEVICE_FIELDS, FIELDS, copied_sites
from hub.store.sites import ReturnNode
from hub.store.tables import AuditRow, Device, Errand, Instance, KeptAside, Patient, Series, Site, Study
from tests.plugins.peers import slice_of, written

#: Numbers of rows, and what only time or people give: no file says them.
NOT_IN_FILES = {
    Instance: {"id", "site_id", "study_id", "series_id"},
    KeptAside: {"id", "site_id", "state"},
    Series: {"id", "study_id"},
    Study: {"id", "site_id", "patient_row", "state", "note"},
    Patient: {"id", "site_id"},
}


def send(store: Store, calling: str, *paths: Path) -> list[int | None]:
    node = ReturnNode("READHUB", *store.settings.dicom_address)
    return [result.status for result in send_files(node, list(paths), calling)]


def told(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Everything the index says of objects, without the numbers of its rows."""
    with store.reading() as session:
        return {
            table.__tablename__: sorted(
                (
                    {c.key: getattr(row, c.key) for c in inspect(table).columns if c.key not in left_out}
                    for row in session.scalars(select(table))
                ),
                key=str,
            )
            for table, left_out in NOT_IN_FILES.items()
        }


def rows(store: Store, table: type) -> list[Any]:
    with store.reading() as session:
        return list(session.scalars(select(table)))


@pytest.fixture
def filled(hub: Store, tmp_path: Path) -> Store:
    """Two sites' studies, a re-send, a conflict, a torn study."""
    paths = [written(slice_of(n), tmp_path / f"{n}.dcm") for n in (1, 2, 3)]
    changed = written(slice_of(2, WindowCenter="40"), tmp_path / "changed.dcm")
    torn = written(slice_of(4, PatientID="INVENTED-2"), tmp_path / "torn.dcm")
    other = written(
        slice_of(5, StudyInstanceUID="1.2.3.4", PatientName="张^三", SpecificCharacterSet="GB18030"),
        tmp_path / "other.dcm",
    )
    assert send(hub, "CLINIC1", *paths, paths[0], changed, torn) == [0, 0, 0, 0, 0xB000, 0]
    assert send(hub, "CLINIC2", other) == [0]
    return hub


@pytest.fixture
def emptied(filled: Store) -> Iterator[tuple[Store, dict[str, list[dict[str, Any]]]]]:
    """The same files with a new, empty database; and what the lost one said."""
    before = told(filled)
    store = without_database(filled)
    yield store, before
    store.close()


def test_every_row_comes_back_as_it_was(emptied: tuple[Store, dict[str, Any]]) -> None:
    store, before = emptied
    counts = reindex(store)
    assert told(store) == before
    assert (counts.files, counts.indexed, counts.kept, counts.kept_aside) == (6, 0, 5, 1)


def test_sites_come_back_by_the_name_and_title_of_the_receipts(emptied: tuple[Store, dict[str, Any]]) -> None:
    store, _ = emptied
    assert reindex(store).sites_added == ("east", "west")
    assert {(site.name, site.ae_title) for site in rows(store, Site)} == {
        ("east", "CLINIC1"), ("west", "CLINIC2"),
    }  # fmt: skip


def test_a_site_whose_title_now_belongs_to_another_still_gets_its_studies_back(
    emptied: tuple[Store, dict[str, Any]],
) -> None:
    store, before = emptied
    with store.writing() as session:
        sites.add_site(session, "new", "CLINIC1")
    assert reindex(store).sites_added == ("east", "west")
    assert told(store) == before


def test_what_follows_from_an_arrival_is_written_down_again(emptied: tuple[Store, dict[str, Any]]) -> None:
    store, _ = emptied
    reindex(store)
    assert {errand.kind for errand in rows(store, Errand)} == {"settle"}
    assert sorted(study.state for study in rows(store, Study)) == ["arriving", "quarantined"]


def test_rebuilding_a_whole_index_changes_nothing(filled: Store) -> None:
    before = told(filled)
    assert reindex(filled) == Counts(files=6, indexed=6)
    assert told(filled) == before


def test_a_rebuild_that_was_broken_off_goes_on(emptied: tuple[Store, dict[str, Any]]) -> None:
    store, before = emptied
    reindex(store)
    lost = next(row for row in rows(store, Instance) if row.sop_instance_uid.endswith(".5"))
    with store.writing() as session:
        session.delete(session.get(Instance, lost.id))
    assert reindex(store).kept == 1
    assert [row["sop_instance_uid"] for row in told(store)["instance"]] == [
        row["sop_instance_uid"] for row in before["instance"]
    ]


def test_a_file_that_was_altered_comes_back_as_damaged(emptied: tuple[Store, dict[str, Any]]) -> None:
    store, before = emptied
    key = before["instance"][0]["file_key"]
    path = store.vault.path(key)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert reindex(store).damaged == 1
    assert [row.file_key for row in rows(store, Instance) if row.damaged] == [key]
    assert {row.digest for row in rows(store, Instance)} == {row["digest"] for row in before["instance"]}


def test_objects_the_hub_made_itself_and_strange_files_are_left_alone(filled: Store) -> None:
    filled.vault.keep(part10_head("1.2", "1.2.3", "1.2.840.10008.1.2.1", {"made": "report-sr"}), b"x" * 64)
    strange = filled.vault.keep(b"no DICOM file at all")
    counts = reindex(filled)
    assert (counts.made, counts.unreadable, counts.kept) == (1, (strange,), 0)
    assert len(list(filled.vault.keys())) == 8


def test_a_running_hub_is_not_rebuilt_under_its_feet(filled: Store) -> None:
    with hold_data_folder(filled.settings.data_dir), pytest.raises(Refused, match="stop it"):
        reindex(filled)


def test_taking_in_orphans_looks_at_recent_files_only(filled: Store, tmp_path: Path) -> None:
    with filled.writing() as session:
        for row in session.scalars(select(Instance).where(Instance.sop_instance_uid.endswith(".3"))):
            session.delete(row)
            old = filled.vault.path(row.file_key)
    os.utime(old, (time.time() - 3600, time.time() - 3600))
    assert adopt_orphans(filled).kept == 0
    os.utime(old)
    assert adopt_orphans(filled).kept == 1


def after_a_loss_of_power(hub: Store, folder: Path) -> Store:
    """The hub as a disk has it that lost every commit which no fsync waited for."""
    lost = shutil.ignore_patterns("hub.sqlite3-wal", "hub.sqlite3-shm", "run")
    shutil.copytree(hub.settings.data_dir, folder, ignore=lost)
    return open_store(read_settings(data_dir=folder))


def test_rows_that_a_loss_of_power_took_come_back_from_the_files_at_the_start(
    hub: Store, slices: Callable[..., list[Path]], tmp_path: Path
) -> None:
    hub.bring_to_disk()
    assert send(hub, "CLINIC1", *slices(3)) == [0, 0, 0]
    again = after_a_loss_of_power(hub, tmp_path / "after")
    assert rows(again, Instance) == []
    assert adopt_orphans(again).kept == 3
    assert told(again)["instance"] == told(hub)["instance"]
    again.close()


def test_what_only_the_rows_tell_of_an_arrival_is_on_the_disk_before_its_answer(
    hub: Store, slices: Callable[..., list[Path]], tmp_path: Path
) -> None:
    changed = written(slice_of(1, WindowCenter="40"), tmp_path / "changed.dcm")
    assert send(hub, "CLINIC1", *slices(1), changed) == [0, 0xB000]
    again = after_a_loss_of_power(hub, tmp_path / "after")
    assert [row.reason for row in rows(again, KeptAside)] == ["content"]
    assert [row.outcome for row in rows(again, AuditRow)] == [row.outcome for row in rows(hub, AuditRow)]
    again.close()


def test_the_rebuilt_hub_receives_on(
    emptied: tuple[Store, dict[str, Any]], slices: Callable[..., list[Path]], free_port: Callable[[], int]
) -> None:
    store, _ = emptied
    reindex(store)
    elsewhere = store.settings.model_copy(update={"dicom": f"127.0.0.1:{free_port()}"})
    moved = open_store(elsewhere)
    with serving(moved):
        assert send(moved, "CLINIC1", *slices(4)) == [0, 0, 0, 0xB000]
    moved.close()


def test_sites_come_back_with_their_addresses_and_return_nodes(filled: Store) -> None:
    with filled.writing() as session:
        node = ReturnNode("EASTPACS", "10.1.2.3", 104)
        east = sites.site_named(session, "east")
        sites.edit_site(east, address="10.1.2.3", return_node=node, label="东镇", signing_minutes=0)
        sites.add_site(session, "closed", "CLINIC9", active=False)
    before = [{f: getattr(s, f) for f in FIELDS} for s in rows(filled, Site)]
    store = without_database(filled)
    counts = reindex(store)
    assert set(counts.sites_restored) == {"east", "west", "closed"}
    after = [{f: getattr(s, f) for f in FIELDS} for s in rows(store, Site)]
    assert sorted(after, key=str) == sorted(before, key=str)
    store.close()


def test_devices_come_back_with_their_sites_unless_their_title_is_taken(filled: Store) -> None:
    node = ReturnNode("DR1", "10.1.2.7", 104)
    with filled.writing() as session:
        east = sites.site_named(session, "east")
        add_device(session, east, "DR1", node=node, character_set="GB18030", wants_availability=True)
        add_device(session, east, "US1", active=False)
    before = [{f: getattr(d, f) for f in DEVICE_FIELDS} for d in rows(filled, Device)]
    store = without_database(filled)
    with store.writing() as session:
        sites.add_site(session, "north", "US1")
    reindex(store)
    after = [{f: getattr(d, f) for f in DEVICE_FIELDS} for d in rows(store, Device)]
    assert after == [one for one in before if one["ae_title"] == "DR1"] and after[0]["host"] == "10.1.2.7"
    store.close()


def test_a_start_over_an_empty_database_does_not_forget_the_sites(filled: Store) -> None:
    store = without_database(filled)
    store.copy_sites()
    with store.writing() as session:
        sites.add_site(session, "north", "NORTH1")
    assert set(copied_sites(store.settings.data_dir)) == {"east", "west", "north"}
    store.close()


def test_the_new_trail_names_the_one_that_was_lost(filled: Store) -> None:
    assert drop_anchor(filled)
    store = without_database(filled)
    assert "an older trail" in fault(store)
    reindex(store)
    assert fault(store) == "" and len(earlier_trails(store)) == 1
    store.close()


def without_database(store: Store) -> Store:
    """The same files with a new, empty database."""
    store.close()
    for path in store.settings.data_dir.glob("hub.sqlite3*"):
        path.unlink()
    schema.upgrade(store.settings)
    return open_store(store.settings)
