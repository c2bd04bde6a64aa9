"""When a study that several associations bring counts as arrived."""

import time

from pynetdicom import build_context

from dicom.shared_studies import is_brought, place_of
from hub.store import Store
from tests.dicom.test_scp import associate, seconds_to_settle
from tests.plugins.peers import CT, slice_of, wait_for

EXPLICIT = "1.2.840.10008.1.2.1"


def test_who_sends_again_what_is_held_still_brings_its_study(hub: Store) -> None:
    first = associate(hub, build_context(CT, EXPLICIT))
    first.send_c_store(slice_of(1))
    first.abort()
    study = str(slice_of(1).StudyInstanceUID)
    wait_for(lambda: not is_brought(place_of(hub), "east", study), "the end of the first")
    again = associate(hub, build_context(CT, EXPLICIT))
    assert again.send_c_store(slice_of(1)).Status == 0
    assert is_brought(place_of(hub), "east", study)
    again.release()
    wait_for(lambda: not is_brought(place_of(hub), "east", study), "the end of the second")


def test_who_broke_off_has_more_to_send_though_another_association_is_released(hub: Store) -> None:
    first, second = (associate(hub, build_context(CT, EXPLICIT)) for _ in range(2))
    first.send_c_store(slice_of(1))
    second.send_c_store(slice_of(2))
    first.abort()
    time.sleep(0.5)
    second.release()
    time.sleep(1.0)
    assert seconds_to_settle(hub) > 15
