"""When a study that several associations bring counts as arrived."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pynetdicom import build_context
from pynetdicom.association import Association
from sqlalchemy import select

from dicom.shared_studies import is_brought, place_of
from hub.store import Store, open_store
from hub.store.tables import Study
from tests.dicom.test_scp import associate, seconds_to_settle
from tests.plugins.peers import CT, ScpProcess, slice_of, wait_for

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


@pytest.fixture
def second(hub: Store, free_port: Callable[[], int], tmp_path: Path) -> Iterator[ScpProcess]:
    """Another receiving process of that hub, at an address of its own so that a test can choose it."""
    address = hub.settings.model_copy(update={"dicom": f"127.0.0.1:{free_port()}"})
    process = ScpProcess(open_store(address), tmp_path / "second.log")
    process.start()
    yield process
    process.kill()
    process.store.close()


@pytest.fixture
def both(hub: Store, second: ScpProcess) -> tuple[Association, Association]:
    """An association with each of the two processes; either brought a slice of the same study."""
    here, there = (associate(one, build_context(CT, EXPLICIT)) for one in (hub, second.store))
    assert [one.send_c_store(slice_of(n)).Status for n, one in ((1, here), (2, there))] == [0, 0]
    return here, there


@pytest.mark.parametrize("first", [0, 1], ids=["here", "in the other process"])
def test_who_broke_off_has_more_to_send_though_another_process_is_released(
    hub: Store, both: tuple[Association, Association], first: int
) -> None:
    both[first].abort()
    time.sleep(1.0)
    both[1 - first].release()
    time.sleep(1.0)
    assert seconds_to_settle(hub) > 15


def test_who_was_killed_has_more_to_send_though_another_process_is_released(
    hub: Store, second: ScpProcess, both: tuple[Association, Association]
) -> None:
    second.kill()
    both[0].release()
    time.sleep(1.0)
    assert seconds_to_settle(hub) > 15


def test_a_study_that_two_processes_brought_whole_settles_with_the_second(
    hub: Store, both: tuple[Association, Association]
) -> None:
    both[1].release()
    time.sleep(1.0)
    assert seconds_to_settle(hub) > 15
    both[0].release()
    wait_for(lambda: seconds_to_settle(hub) <= 0, "the study to settle")


def test_who_comes_after_one_that_broke_off_brings_the_study_whole(
    hub: Store, second: ScpProcess, both: tuple[Association, Association]
) -> None:
    for one in both:
        one.abort()
    study = str(slice_of(1).StudyInstanceUID)
    wait_for(lambda: not is_brought(place_of(hub), "east", study), "the end of both")
    again = associate(second.store, build_context(CT, EXPLICIT))
    assert [again.send_c_store(slice_of(n)).Status for n in (1, 2, 3)] == [0, 0, 0]
    again.release()
    wait_for(lambda: seconds_to_settle(hub) <= 0, "the study to settle")


def test_a_study_that_another_process_left_for_another_one_may_be_come_back_to(
    hub: Store, second: ScpProcess, both: tuple[Association, Association]
) -> None:
    other = slice_of(3, StudyInstanceUID="1.2.3", SOPInstanceUID="1.2.3.1", PatientID="INVENTED-2")
    assert both[1].send_c_store(other).Status == 0
    both[0].release()
    time.sleep(1.0)
    assert states(hub) == ["arriving", "arriving"]
    assert both[1].send_c_store(slice_of(4)).Status == 0
    both[1].release()
    wait_for(lambda: states(hub) == ["ready", "ready"], "both studies to settle")


def test_of_more_studies_than_are_held_at_once_the_oldest_waits_for_its_quiet_time(
    hub: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom.associations.MOST_STUDIES", 2)
    association = associate(hub, build_context(CT, EXPLICIT))
    for number in (1, 2, 3):
        uids = {"StudyInstanceUID": f"1.2.3.{number}", "SOPInstanceUID": f"1.2.3.{number}.1"}
        assert association.send_c_store(slice_of(number, **uids)).Status == 0
    assert [is_brought(place_of(hub), "east", f"1.2.3.{number}") for number in (1, 2, 3)] == [0, 1, 1]
    association.release()
    wait_for(lambda: states(hub) == ["arriving", "ready", "ready"], "the newest two to settle")


def test_a_device_that_stays_connected_for_others_holds_up_no_study_that_it_left(
    hub: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom.associations.LEFT_SECONDS", 0.5)
    association = associate(hub, build_context(CT, EXPLICIT))
    for number in (1, 2):
        uids = {"StudyInstanceUID": f"1.2.3.{number}", "SOPInstanceUID": f"1.2.3.{number}.1"}
        assert association.send_c_store(slice_of(number, **uids)).Status == 0
        time.sleep(0.6)
    assert [is_brought(place_of(hub), "east", f"1.2.3.{number}") for number in (1, 2)] == [False, True]
    association.release()
    wait_for(lambda: states(hub) == ["arriving", "ready"], "the one that was brought last to settle")


def states(store: Store) -> list[str]:
    with store.reading() as session:
        return list(session.scalars(select(Study.state).order_by(Study.study_instance_uid)))
