"""A site or a device that is switched off stores nothing more, also on an association that is open."""

import time

import pytest
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import build_context
from sqlalchemy import select

from hub.store import Store
from hub.store.devices import add_device, device_named, edit_device
from hub.store.sites import edit_site, site_named
from hub.store.tables import Instance
from tests.dicom.test_scp import associate, audited
from tests.plugins.databases import settings
from tests.plugins.peers import CT, slice_of

__all__ = ["settings"]

STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"


@pytest.mark.parametrize("beside", [(), (STUDY_ROOT_FIND,)])
def test_a_site_that_is_switched_off_stores_nothing_more_on_an_open_association(
    hub: Store, beside: tuple[str, ...]
) -> None:
    contexts = [build_context(CT, ExplicitVRLittleEndian), *map(build_context, beside)]
    open_one = associate(hub, *contexts)
    first, next_one, of_new_study = slice_of(1), slice_of(2), slice_of(3, StudyInstanceUID="1.2.9")
    assert open_one.send_c_store(first).Status == 0x0000
    _switch(hub, on=False)
    refused = [open_one.send_c_store(one).Status for one in (next_one, of_new_study, first)]
    assert refused == [0x0124] * 3
    _switch(hub, on=True)
    assert open_one.send_c_store(next_one).Status == 0x0000
    open_one.release()
    with hub.reading() as session:
        kept = session.scalars(select(Instance.sop_instance_uid).order_by(Instance.id)).all()
    assert kept == [first.SOPInstanceUID, next_one.SOPInstanceUID]
    rows = [(outcome, detail) for _thing, outcome, detail in audited(hub, "store") if outcome == "refused"]
    assert len(rows) == 3 and all("0x0124" in detail for _outcome, detail in rows)


def test_a_device_that_is_switched_off_stores_nothing_more_while_its_site_goes_on(hub: Store) -> None:
    with hub.writing() as session:
        add_device(session, site_named(session, "east"), "DR1")
    time.sleep(1.2)  # what the listener remembers of the sites
    contexts = [build_context(CT, ExplicitVRLittleEndian), build_context(STUDY_ROOT_FIND)]
    of_device = associate(hub, *contexts, calling="DR1")
    of_site = associate(hub, build_context(CT, ExplicitVRLittleEndian))
    first, next_one, of_new_study = slice_of(1), slice_of(2), slice_of(3, StudyInstanceUID="1.2.9")
    assert of_device.send_c_store(first).Status == 0x0000
    with hub.writing() as session:
        edit_device(device_named(session, "DR1"), active=False)
    refused = [of_device.send_c_store(one).Status for one in (next_one, of_new_study, first)]
    assert refused == [0x0124] * 3
    assert [status.Status for status, _item in of_device.send_c_find(query(), STUDY_ROOT_FIND)] == [0x0124]
    assert of_site.send_c_store(next_one).Status == 0x0000
    assert of_site.send_c_store(of_new_study).Status == 0x0000
    for association in (of_device, of_site):
        association.release()
    rows = [(outcome, detail) for _thing, outcome, detail in audited(hub, "store") if outcome == "refused"]
    assert len(rows) == 3 and all("the device is switched off" in detail for _outcome, detail in rows)


def query() -> Dataset:
    asked = Dataset()
    asked.QueryRetrieveLevel, asked.StudyInstanceUID = "STUDY", ""
    return asked


def _switch(store: Store, on: bool) -> None:
    with store.writing() as session:
        edit_site(site_named(session, "east"), active=on)
