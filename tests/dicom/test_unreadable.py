"""What was refused because it cannot be understood is said beside the study that it names."""

import struct
from pathlib import Path

import pytest
from pydicom import Dataset
from pynetdicom import build_context
from sqlalchemy import select

from hub.store import Store
from hub.store.tables import Study
from tests.dicom.test_receive import encoded, store_raw
from tests.dicom.test_scp import associate
from tests.plugins.databases import settings
from tests.plugins.peers import CT, slice_of, wait_for

__all__ = ["settings"]

pytestmark = pytest.mark.filterwarnings("ignore:Invalid value for VR UI")


def sent(store: Store, *datasets: Dataset, calling: str = "CLINIC1") -> list[int]:
    """Send them on an association and return the statuses."""
    association = associate(store, build_context(CT, "1.2.840.10008.1.2.1"), calling=calling)
    statuses = [association.send_c_store(dataset).Status for dataset in datasets]
    association.release()
    return statuses


def with_a_leading_zero(number: int) -> Dataset:
    dataset = slice_of(number)
    dataset.SeriesInstanceUID = "1.2.03"
    return dataset


def without_series(number: int) -> Dataset:
    dataset = slice_of(number)
    del dataset.SeriesInstanceUID
    return dataset


def stands(store: Store) -> tuple[str, str]:
    with store.reading() as session:
        study = session.scalars(select(Study)).one()
        return study.state, study.note


def test_a_study_counts_what_could_not_be_understood_and_waits_for_none_of_it(hub: Store) -> None:
    refused = (with_a_leading_zero(2), without_series(3), with_a_leading_zero(2))
    assert sent(hub, slice_of(1), *refused) == [0, 0xC000, 0xC000, 0xC000]
    wait_for(lambda: stands(hub) == ("ready", "unreadable:2"), "the study with its note")


def test_what_was_refused_before_its_study_came_is_said_too(hub: Store) -> None:
    assert sent(hub, with_a_leading_zero(2)) == [0xC000]
    assert sent(hub, slice_of(1)) == [0]
    wait_for(lambda: stands(hub) == ("ready", "unreadable:1"), "the study with its note")


def test_a_study_that_is_ready_says_at_once_what_is_refused_then(hub: Store) -> None:
    sent(hub, slice_of(1))
    wait_for(lambda: stands(hub) == ("ready", ""), "the study")
    assert sent(hub, with_a_leading_zero(2)) == [0xC000]
    assert stands(hub) == ("ready", "unreadable:1")
    assert sent(hub, without_series(3)) == [0xC000]
    assert stands(hub) == ("ready", "unreadable:2")


def test_a_data_set_without_the_sop_class_that_its_command_says_is_counted(
    hub: Store, tmp_path: Path
) -> None:
    sent(hub, slice_of(1))
    wait_for(lambda: stands(hub) == ("ready", ""), "the study")
    data = encoded(slice_of(2), tmp_path)
    uid = slice_of(2).SOPInstanceUID
    (length,) = struct.unpack_from("<H", data, 6)
    assert store_raw(hub, uid, data[8 + length :]) == 0xA900
    assert stands(hub) == ("ready", "unreadable:1")


def test_what_is_mended_and_sent_again_is_missed_no_more(hub: Store) -> None:
    sent(hub, slice_of(1), with_a_leading_zero(2))
    wait_for(lambda: stands(hub) == ("ready", "unreadable:1"), "the study with its note")
    sent(hub, slice_of(2))
    wait_for(lambda: stands(hub) == ("ready", "late-instances"), "the study without it")


def test_what_another_site_was_refused_stands_beside_no_study_of_this_one(hub: Store) -> None:
    sent(hub, slice_of(1))
    wait_for(lambda: stands(hub) == ("ready", ""), "the study")
    assert sent(hub, with_a_leading_zero(2), calling="CLINIC2") == [0xC000]
    assert stands(hub) == ("ready", "")


@pytest.mark.parametrize("uid", ["", "1.2.03", "1." * 40 + "1", "../x"])
def test_what_names_no_study_is_refused_alone(hub: Store, uid: str) -> None:
    nameless = slice_of(2)
    nameless.StudyInstanceUID = uid
    assert sent(hub, slice_of(1), nameless) == [0, 0xC000]
    wait_for(lambda: stands(hub) == ("ready", ""), "the study")
