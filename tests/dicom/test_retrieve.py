"""C-MOVE and C-GET asked by DCMTK and Orthanc: the bytes that were received, to nodes of the own site."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pynetdicom import AE, build_role, evt
from sqlalchemy import select

from dicom.part10 import content_digest
from dicom.send import send_files
from hub.store import Store, sites
from hub.store.devices import add_device
from hub.store.rejections import mark_rejected
from hub.store.sites import ReturnNode
from hub.store.tables import AuditRow, Instance, Study
from tests.plugins.databases import settings
from tests.plugins.peers import ROOT_UID, Orthanc, Run, wait_for
from tests.plugins.studies import Keep, ready, share, wait_a_moment

__all__ = ["settings"]

MOVE, GET = "1.2.840.10008.5.1.4.1.2.2.2", "1.2.840.10008.5.1.4.1.2.2.3"


@pytest.fixture
def station(hub: Store, storescp: Any) -> Any:
    """A node of the site east, ANY-SCP, and the folder in which it keeps what comes."""
    with storescp("+xa") as (node, folder):
        with hub.writing() as session:
            add_device(session, sites.site_named(session, "east"), "ANY-SCP", node=node)
        yield folder


def moved(dcmtk: Run, hub: Store, destination: str, *more: str, **keys: str) -> str:
    words = [f"-k {name}={value}" for name, value in keys.items()]
    return dcmtk("movescu", hub.settings, "-S", f"-aem {destination}", *words, *more).stdout


def downloads(store: Store) -> list[tuple[str, str]]:
    with store.reading() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.act == "download").order_by(AuditRow.number))
        return [(row.site, row.outcome) for row in rows]


def test_a_moved_study_is_the_bytes_that_were_received(
    hub: Store, dcmtk: Run, keep: Keep, station: Path
) -> None:
    uid = keep()
    said = moved(dcmtk, hub, "ANY-SCP", QueryRetrieveLevel="STUDY", StudyInstanceUID=uid)
    assert "Received Final Move Response (Success)" in said
    (came,) = station.iterdir()
    with hub.reading() as session:
        assert content_digest(came) == session.scalars(select(Instance)).one().digest
    assert downloads(hub) == [("east", "ok")]


def test_every_sub_operation_is_counted_while_it_goes_on(hub: Store, keep: Keep, station: Path) -> None:
    uid = [keep(StudyInstanceUID=f"{ROOT_UID}.1.9") for _ in range(3)][0]
    replies = retrieve(hub, MOVE, uid, "ANY-SCP")
    counts = [(s.NumberOfRemainingSuboperations, s.NumberOfCompletedSuboperations) for s in replies[:-1]]
    assert [status.Status for status in replies] == [0xFF00, 0xFF00, 0xFF00, 0x0000]
    assert counts == [(2, 1), (1, 2), (0, 3)] and replies[-1].NumberOfFailedSuboperations == 0
    assert len(list(station.iterdir())) == 3


def retrieve(store: Store, model: str, uid: str, destination: str = "") -> list[Dataset]:
    query = Dataset()
    query.QueryRetrieveLevel, query.StudyInstanceUID = "STUDY", uid
    entity = AE("CLINIC1")
    entity.add_requested_context(model)
    association = entity.associate(*store.settings.dicom_address, ae_title="READHUB")
    replies = [status for status, _ in association.send_c_move(query, destination, model)]
    association.release()
    return replies


@pytest.mark.parametrize("destination", ["NOBODY", "WESTPACS"])
def test_nothing_goes_to_a_node_that_is_not_the_callers_own(
    hub: Store, keep: Keep, storescp: Any, destination: str
) -> None:
    uid = keep()
    with storescp() as (node, folder):
        with hub.writing() as session:
            other = ReturnNode("WESTPACS", node.host, node.port)
            add_device(session, sites.site_named(session, "west"), "WESTPACS", node=other)
        (status,) = retrieve(hub, MOVE, uid, destination)
        assert status.Status == 0xA801 and list(folder.iterdir()) == []
    assert downloads(hub) == [("east", "refused")]


def test_another_sites_study_cannot_be_retrieved_and_the_asking_is_audited(
    hub: Store, keep: Keep, dcmtk: Run, station: Path
) -> None:
    uid = keep(calling="CLINIC2", PatientID="W1")
    (status,) = retrieve(hub, MOVE, uid, "ANY-SCP")
    assert (status.Status, status.NumberOfCompletedSuboperations) == (0x0000, 0)
    assert list(station.iterdir()) == [] and downloads(hub) == [("east", "not-found")]
    keep(PatientID="E1")
    share(hub, "E1", "W1", timedelta(days=1))
    assert retrieve(hub, MOVE, uid, "ANY-SCP")[-1].NumberOfCompletedSuboperations == 1


def test_a_study_that_is_arriving_cannot_be_retrieved(hub: Store, keep: Keep, station: Path) -> None:
    uid = keep(settle=False)
    assert retrieve(hub, MOVE, uid, "ANY-SCP")[-1].NumberOfCompletedSuboperations == 0
    assert list(station.iterdir()) == []


def test_a_rejected_instance_is_not_sent(hub: Store, keep: Keep, station: Path) -> None:
    uid = [keep(StudyInstanceUID=f"{ROOT_UID}.1.9") for _ in range(2)][0]
    with hub.writing() as session:
        mark_rejected(session, session.scalars(select(Study.id)).one(), [f"{ROOT_UID}.3.101"])
    last = retrieve(hub, MOVE, uid, "ANY-SCP")[-1]
    assert (last.Status, last.NumberOfCompletedSuboperations) == (0x0000, 1)
    (came,) = station.iterdir()
    assert dcmread(came).SOPInstanceUID == f"{ROOT_UID}.3.102"


def test_a_damaged_file_is_not_sent_and_counts_as_failed(hub: Store, keep: Keep, station: Path) -> None:
    uid = [keep(StudyInstanceUID=f"{ROOT_UID}.1.9") for _ in range(2)][0]
    with hub.reading() as session:
        damaged = session.scalars(select(Instance)).first()
    path = hub.vault.path(damaged.file_key)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    last = retrieve(hub, MOVE, uid, "ANY-SCP")[-1]
    assert (last.Status, last.NumberOfFailedSuboperations) == (0xB000, 1)
    assert len(list(station.iterdir())) == 1
    with hub.reading() as session:
        assert session.get_one(Instance, damaged.id).damaged
    assert downloads(hub) == [("east", "ok"), ("east", "incomplete")]


def test_a_node_that_is_away_fails_the_move_and_says_so(
    hub: Store, keep: Keep, free_port: Callable[[], int]
) -> None:
    uid = keep()
    with hub.writing() as session:
        gone = ReturnNode("GONE", "127.0.0.1", free_port())
        add_device(session, sites.site_named(session, "east"), "GONE", node=gone)
    (status,) = retrieve(hub, MOVE, uid, "GONE")
    assert (status.Status, status.NumberOfFailedSuboperations) == (0xA702, 1)


def test_getscu_gets_a_study_and_its_bytes_are_those_received(
    hub: Store, keep: Keep, dcmtk: Run, tmp_path: Path
) -> None:
    uid = keep()
    folder = tmp_path / "got"
    folder.mkdir()
    keys = ("-k QueryRetrieveLevel=STUDY", f"-k StudyInstanceUID={uid}")
    done = dcmtk("getscu", hub.settings, "-S", f"-od {folder}", *keys)
    assert done.returncode == 0, done.stdout
    (came,) = folder.iterdir()
    with hub.reading() as session:
        kept = hub.vault.path(session.scalars(select(Instance)).one().file_key)
    assert dcmread(came) == dcmread(kept)


def test_a_compressed_instance_is_uncompressed_for_who_takes_only_that(hub: Store) -> None:
    source = dcmread(get_testdata_file("MR_small_jp2klossless.dcm"))
    here = ReturnNode("READHUB", *hub.settings.dicom_address)
    assert [one.outcome for one in send_files(here, [Path(source.filename)], "CLINIC1")] == ["stored"]
    ready(hub, source.StudyInstanceUID)
    got = get(hub, source.StudyInstanceUID, source.SOPClassUID, "1.2.840.10008.1.2.1")
    (one,) = got
    assert one.PixelData == _plain(source).PixelData
    assert one.SOPInstanceUID == source.SOPInstanceUID


def _plain(dataset: Dataset) -> Dataset:
    dataset.decompress(generate_instance_uid=False)
    return dataset


@pytest.mark.parametrize("stored", ["MR_small_bigendian.dcm", "MR_small_implicit.dcm", "MR_small.dcm"])
@pytest.mark.parametrize("taken", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
def test_an_object_comes_in_the_byte_layout_that_its_asker_takes(hub: Store, stored: str, taken: str) -> None:
    source = Path(get_testdata_file(stored))
    here = ReturnNode("READHUB", *hub.settings.dicom_address)
    assert [one.outcome for one in send_files(here, [source], "CLINIC1")] == ["stored"]
    original = dcmread(source)
    ready(hub, original.StudyInstanceUID)
    (one,) = get(hub, original.StudyInstanceUID, original.SOPClassUID, taken)
    assert one.PixelData == dcmread(get_testdata_file("MR_small.dcm")).PixelData


def get(store: Store, uid: str, sop_class: str, syntax: str) -> list[Dataset]:
    """Ask by C-GET with pynetdicom, offering to be the SCP of one class in one transfer syntax."""
    came: list[Dataset] = []
    entity = AE("CLINIC1")
    entity.add_requested_context(GET)
    entity.add_requested_context(sop_class, syntax)

    def store_one(event: evt.Event) -> int:
        dataset = event.dataset
        dataset.file_meta = event.file_meta
        came.append(dataset)
        return 0x0000

    association = entity.associate(
        *store.settings.dicom_address, ae_title="READHUB", ext_neg=[build_role(sop_class, scp_role=True)],
        evt_handlers=[(evt.EVT_C_STORE, store_one)],
    )  # fmt: skip
    query = Dataset()
    query.QueryRetrieveLevel, query.StudyInstanceUID = "STUDY", uid
    statuses = [status.Status for status, _ in association.send_c_get(query, GET)]
    association.release()
    assert statuses[-1] == 0x0000, statuses
    return came


def test_a_class_that_the_caller_did_not_offer_to_take_fails(hub: Store, keep: Keep) -> None:
    uid = keep()
    entity = AE("CLINIC1")
    entity.add_requested_context(GET)
    association = entity.associate(*hub.settings.dicom_address, ae_title="READHUB")
    query = Dataset()
    query.QueryRetrieveLevel, query.StudyInstanceUID = "STUDY", uid
    last, listed = list(association.send_c_get(query, GET))[-1]
    association.release()
    assert (last.Status, last.NumberOfFailedSuboperations) == (0xA702, 1)
    assert listed.FailedSOPInstanceUIDList == f"{ROOT_UID}.3.101"


def test_orthanc_finds_a_study_here_and_fetches_it(hub: Store, keep: Keep, orthanc: Orthanc) -> None:
    uid = keep(PatientName="张^三", SpecificCharacterSet="ISO_IR 192", PatientID="P9")
    with hub.writing() as session:
        add_device(session, sites.site_named(session, "east"), "ORTHANC", node=orthanc.node)
    wait_a_moment()
    orthanc.knows(hub.settings)
    assert orthanc.ask("POST", "/modalities/hub/echo", {}) in (b"{}", {})
    asked = {"Level": "Study", "Query": {"PatientID": "P9", "StudyInstanceUID": "", "PatientName": "张*"}}
    query = orthanc.ask("POST", "/modalities/hub/query", asked)["Path"]
    assert orthanc.ask("GET", f"{query}/answers") == ["0"]
    found = orthanc.ask("GET", f"{query}/answers/0/content?simplify")
    assert (found["StudyInstanceUID"], found["PatientName"]) == (uid, "张^三")
    orthanc.ask("POST", f"{query}/answers/0/retrieve", {"TargetAet": "ORTHANC", "Synchronous": True})
    wait_for(lambda: orthanc.instances() == 1, "the study at Orthanc")
    assert downloads(hub) == [("east", "ok")]


def test_what_orthanc_sends_is_kept_and_found_by_it_again(
    hub: Store, orthanc: Orthanc, dcmtk: Run, slices: Callable[..., list[Path]]
) -> None:
    with hub.writing() as session:
        add_device(session, sites.site_named(session, "east"), "ORTHANC", node=orthanc.node)
    wait_a_moment()
    orthanc.knows(hub.settings)
    assert dcmtk("storescu", orthanc.node, *slices(2)).returncode == 0
    (study,) = orthanc.ask("GET", "/studies")
    done = orthanc.ask("POST", "/modalities/hub/store", {"Resources": [study], "Synchronous": True})
    assert (done["InstancesCount"], done["FailedInstancesCount"]) == (2, 0)
    with hub.reading() as session:
        (kept,) = session.scalars(select(Study)).all()
        assert (kept.site.name, kept.instances) == ("east", 2)
    ready(hub, kept.study_instance_uid)
    keys = {"StudyInstanceUID": kept.study_instance_uid, "SeriesInstanceUID": f"{ROOT_UID}.2"}
    asked = {"Level": "Instance", "Query": {**keys, "SOPInstanceUID": ""}}
    query = orthanc.ask("POST", "/modalities/hub/query", asked)["Path"]
    assert len(orthanc.ask("GET", f"{query}/answers")) == 2
