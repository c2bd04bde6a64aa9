"""Instance Availability Notification, told to who asked for it, also to one who was away."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom import Dataset
from pynetdicom import AE, evt
from sqlalchemy import select, update

from dicom.availability import NOTIFICATION
from hub.store import Store, sites
from hub.store.devices import add_device
from hub.store.rejections import mark_rejected
from hub.store.sites import ReturnNode
from hub.store.tables import Errand, Instance, Study
from tests.dicom.test_storage_commitment import do_errands, hurry
from tests.plugins.peers import CT, ROOT_UID, background
from tests.plugins.studies import Keep

#: A listener in a process of its own, which writes down what it is told and in which context.
RIS = """
import json, sys
from pynetdicom import AE, evt

def take(event):
    said = {"uid": event.request.AffectedSOPInstanceUID, "class": event.request.AffectedSOPClassUID}
    with open(sys.argv[2], "a") as told:
        told.write(json.dumps(said | {"said": event.attribute_list.to_json_dict()}) + chr(10))
    return 0x0000, None

entity = AE("RIS")
entity.add_supported_context("1.2.840.10008.5.1.4.33", "1.2.840.10008.1.2")
entity.start_server(("127.0.0.1", int(sys.argv[1])), evt_handlers=[(evt.EVT_N_CREATE, take)])
"""


@pytest.fixture
def listener(hub: Store, free_port: Callable[[], int]) -> ReturnNode:
    node = ReturnNode("RIS", "127.0.0.1", free_port())
    with hub.writing() as session:
        add_device(session, sites.site_named(session, "east"), "RIS", node=node, wants_availability=True)
    return node


def settle(store: Store) -> None:
    for _ in range(2):
        hurry(store)
        do_errands(store)


def test_a_whole_study_is_told_of_with_every_instance_once(
    hub: Store, keep: Keep, listener: ReturnNode
) -> None:
    told = []

    def take(event: evt.Event) -> tuple[int, None]:
        told.append((str(event.request.AffectedSOPInstanceUID), event.attribute_list))
        return 0x0000, None

    keep()
    settle(hub)  # nobody listens yet
    with hub.reading() as session:
        assert session.scalars(select(Errand).where(Errand.kind == "tell-available")).one().state == "waiting"
    entity = AE("RIS")
    entity.add_supported_context(NOTIFICATION)
    server = entity.start_server(
        ("127.0.0.1", listener.port), block=False, evt_handlers=[(evt.EVT_N_CREATE, take)]
    )
    settle(hub)
    settle(hub)
    server.shutdown()
    ((_uid, said),) = told
    (series,) = said.ReferencedSeriesSequence
    (instance,) = series.ReferencedSOPSequence
    assert said.StudyInstanceUID == f"{ROOT_UID}.1.101"
    assert (instance.ReferencedSOPInstanceUID, instance.InstanceAvailability) == (
        f"{ROOT_UID}.3.101",
        "ONLINE",
    )
    assert instance.RetrieveAETitle == "READHUB"


def test_a_listener_elsewhere_is_told_what_can_be_had_and_not_of_what_was_rejected(
    hub: Store, keep: Keep, listener: ReturnNode, tmp_path: Path
) -> None:
    for _ in range(3):
        keep(StudyInstanceUID=f"{ROOT_UID}.1.9", SeriesInstanceUID=f"{ROOT_UID}.2.9")
    with hub.writing() as session:
        mark_rejected(session, session.scalars(select(Study.id)).one(), [f"{ROOT_UID}.3.102"])
        session.execute(
            update(Instance).where(Instance.sop_instance_uid == f"{ROOT_UID}.3.103").values(damaged=True)
        )
    told = tmp_path / "told"
    with background([sys.executable, "-c", RIS, str(listener.port), str(told)], listener.port):
        settle(hub)
        settle(hub)
    (line,) = told.read_text().splitlines()
    notified = json.loads(line)
    assert notified["class"] == NOTIFICATION and notified["uid"].startswith("2.25.")
    said = Dataset.from_json(notified["said"])
    assert said.StudyInstanceUID == f"{ROOT_UID}.1.9"
    assert len(said.ReferencedPerformedProcedureStepSequence) == 0
    (series,) = said.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == f"{ROOT_UID}.2.9"
    assert [
        (one.ReferencedSOPClassUID, one.ReferencedSOPInstanceUID, one.InstanceAvailability)
        for one in series.ReferencedSOPSequence
    ] == [(CT, f"{ROOT_UID}.3.101", "ONLINE"), (CT, f"{ROOT_UID}.3.103", "UNAVAILABLE")]


def test_who_did_not_ask_is_not_told(hub: Store, keep: Keep) -> None:
    keep()
    settle(hub)
    with hub.reading() as session:
        assert session.scalar(select(Errand).where(Errand.kind == "tell-available")) is None
