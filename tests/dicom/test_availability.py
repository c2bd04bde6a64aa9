"""Instance Availability Notification, told to who asked for it, also to one who was away."""

from collections.abc import Callable

import pytest
from pynetdicom import AE, evt
from sqlalchemy import select

from dicom.availability import NOTIFICATION
from hub.store import Store, sites
from hub.store.devices import add_device
from hub.store.sites import ReturnNode
from hub.store.tables import Errand
from tests.dicom.test_storage_commitment import do_errands, hurry
from tests.plugins.peers import ROOT_UID
from tests.plugins.studies import Keep


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


def test_who_did_not_ask_is_not_told(hub: Store, keep: Keep) -> None:
    keep()
    settle(hub)
    with hub.reading() as session:
        assert session.scalar(select(Errand).where(Errand.kind == "tell-available")) is None
