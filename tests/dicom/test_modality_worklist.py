"""The modality worklist asked by findscu, and performed steps told by pynetdicom (DCMTK tells none)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import generate_uid
from sqlalchemy import select

from hub.domain.order import OrderFacts
from hub.store import Store, sites
from hub.store.devices import add_device
from hub.store.moves import move_study
from hub.store.orders import By, move_order, place_order
from hub.store.tables import Errand, ExamOrder, PerformedStep, Study
from tests.dicom.test_scp import audited
from tests.dicom.test_storage_commitment import do_errands, hurry
from tests.plugins.databases import settings
from tests.plugins.peers import ROOT_UID, Asker, Run, slice_of, written
from tests.plugins.studies import wait_a_moment

__all__ = ["settings"]

MPPS = "1.2.840.10008.3.1.2.3.3"
STEP = "ScheduledProcedureStepSequence[0]"
STUDY = f"{ROOT_UID}.1"


@pytest.fixture
def order(hub: Store) -> Callable[..., int]:
    """Place an order of a site and return its row."""

    def place(site: str = "east", **said: str) -> int:
        facts = {"patient_id": "P1", "name": "张^三", "modality": "DX", "scheduled_date": "20261126"} | said
        with hub.writing() as session:
            row = place_order(
                session, sites.site_named(session, site), OrderFacts(**facts), By("test", "page")
            )
            return row.id

    return place


@pytest.fixture
def worklist(hub: Store, dcmtk: Run, tmp_path: Path) -> Callable[..., list[Dataset]]:
    """Ask with findscu -W for the keys given, those of the step as `{"Modality": "DX"}`."""

    def ask(step: dict[str, str] | None = None, calling: str = "CLINIC1", **keys: str) -> list[Dataset]:
        folder = tmp_path / f"items-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        inner = {"Modality": "", "ScheduledStationAETitle": "", "ScheduledProcedureStepStartDate": ""} | (
            step or {}
        )
        asked = {
            "PatientName": "",
            "AccessionNumber": "",
            "StudyInstanceUID": "",
            "RequestedProcedureID": "",
        } | keys
        words = [f"-k {name}={value}" for name, value in asked.items()]
        words += [f"-k {STEP}.{name}={value}" for name, value in inner.items()]
        done = dcmtk("findscu", hub.settings, "-W", "-X", f"-od {folder}", *words, calling=calling)
        assert done.returncode == 0, done.stdout
        return [dcmread(path, force=True) for path in sorted(folder.iterdir())]

    return ask


def accessions(items: list[Dataset]) -> list[str]:
    return sorted(str(item.AccessionNumber) for item in items)


def test_an_order_is_given_to_the_device_with_all_that_it_needs(order: Any, worklist: Any) -> None:
    order(sex="M", birth_date="19600102", description="胸部正位", station_ae="DR1", scheduled_time="0830")
    (item,) = worklist(
        dict.fromkeys(
            [f"ScheduledProcedureStep{name}" for name in ("ID", "StartTime", "Description")], ""
        ),
        PatientSex="", PatientID="", RequestedProcedureDescription="",
    )  # fmt: skip
    (step,) = item.ScheduledProcedureStepSequence
    assert (item.PatientName, item.PatientID, item.PatientSex) == ("张^三", "P1", "M")
    assert item.AccessionNumber == "RH00000001" and item.StudyInstanceUID.startswith("2.25.")
    assert (item.RequestedProcedureID, item.RequestedProcedureDescription) == ("RP00000001", "胸部正位")
    assert (step.Modality, step.ScheduledStationAETitle, step.ScheduledProcedureStepID) == (
        "DX",
        "DR1",
        "SPS00000001",
    )
    assert (step.ScheduledProcedureStepStartDate, step.ScheduledProcedureStepStartTime) == (
        "20261126",
        "0830",
    )
    assert item.SpecificCharacterSet == "ISO_IR 192"


@pytest.mark.parametrize(
    ("step", "keys", "expected"),
    [
        ({"Modality": "CT"}, {}, ["A2"]),
        ({"ScheduledStationAETitle": "DR1"}, {}, ["A1", "A3"]),
        ({"ScheduledProcedureStepStartDate": "20261126-20261127"}, {}, ["A1", "A2"]),
        ({"ScheduledProcedureStepStartDate": "2026.11.26-2026.11.27"}, {}, ["A1", "A2"]),
        ({"ScheduledProcedureStepStartDate": "20261126", "Modality": "CT"}, {}, []),
        ({}, {"PatientName": "li*"}, ["A2"]),
        ({}, {"PatientName": "王?"}, ["A3"]),
        ({}, {"AccessionNumber": "A3"}, ["A3"]),
    ],
)
def test_items_match_by_keys_in_and_beside_the_sequence(
    order: Any, worklist: Any, step: dict[str, str], keys: dict[str, str], expected: list[str]
) -> None:
    order(accession="A1", station_ae="DR1", scheduled_date="20261126")
    order(accession="A2", station_ae="CT1", modality="CT", scheduled_date="20261127", name="LI^SI")
    order(accession="A3", scheduled_date="20261130", name="王五")  # for any device
    assert accessions(worklist(step, **keys)) == expected


def test_a_value_that_no_element_holds_is_left_empty_and_ends_no_answer(
    hub: Store, order: Any, worklist: Any
) -> None:
    numbers = [order(accession=f"A{number}") for number in range(3)]
    with hub.writing() as session:  # as orders came before they were looked at
        session.get_one(ExamOrder, numbers[1]).station_ae = "DR室"
        session.get_one(ExamOrder, numbers[1]).body_part = "胸部"
    items = worklist(BodyPartExamined="")
    assert accessions(items) == ["A0", "A1", "A2"]
    (odd,) = (item for item in items if item.AccessionNumber == "A1")
    assert odd.BodyPartExamined in (None, "")
    assert odd.ScheduledProcedureStepSequence[0].ScheduledStationAETitle in (None, "")


def test_an_answer_that_a_fault_ends_is_told_logged_and_audited_as_failed(
    hub: Store, order: Any, dcmtk: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_given: object) -> Dataset:
        raise RuntimeError

    order()
    monkeypatch.setattr("dicom.services.modality_worklist.build_answer", fault)
    told = dcmtk("findscu", hub.settings, "-W", "-v", "-k PatientName=").stdout
    assert "UnableToProcess" in told
    assert [row[:2] for row in audited(hub, "search")] == [
        ("C-FIND worklist", "ok"),
        ("C-FIND worklist", "failed"),
    ]


def test_a_device_sees_the_orders_of_its_own_site_that_may_be_begun(
    hub: Store, order: Any, worklist: Any
) -> None:
    order(accession="A1")
    begun, cancelled = order(accession="A2"), order(accession="A3")
    order("west", accession="A4")
    with hub.writing() as session:
        move_order(session, session.get_one(ExamOrder, begun), "step-started")
        move_order(session, session.get_one(ExamOrder, cancelled), "order-cancelled")
    assert accessions(worklist()) == ["A1"]
    assert accessions(worklist(calling="CLINIC2")) == ["A4"]
    assert [row[:2] for row in audited(hub, "search")] == [("C-FIND worklist", "ok")] * 2


def test_an_old_device_gets_its_worklist_in_the_characters_that_it_reads(
    hub: Store, order: Any, worklist: Any
) -> None:
    order(name="㑇䶮", description="胸部正位")
    with hub.writing() as session:
        add_device(session, sites.site_named(session, "east"), "OLDUS", character_set="GB18030")
    wait_a_moment()
    (item,) = worklist(calling="OLDUS", RequestedProcedureDescription="")
    assert item.SpecificCharacterSet == "GB18030"
    assert (str(item.PatientName), item.RequestedProcedureDescription) == ("㑇䶮", "胸部正位")


class Modality:
    """A device that tells of its step."""

    def __init__(self, store: Store, calling: str = "CLINIC1") -> None:
        self.store, self.calling, self.uid = store, calling, generate_uid()

    def begin(self, study: str, status: str = "IN PROGRESS", **said: object) -> int:
        step = Dataset()
        step.PerformedProcedureStepStatus, step.Modality = status, "CT"
        scheduled = Dataset()
        scheduled.StudyInstanceUID, scheduled.AccessionNumber = study, said.get("accession", "")
        step.ScheduledStepAttributesSequence = [scheduled]
        with self.association() as association:
            return int(association.send_n_create(step, MPPS, self.uid)[0].Status)

    def end(self, status: str, *uids: str) -> Dataset:
        step, series = Dataset(), Dataset()
        step.PerformedProcedureStepStatus = status
        series.ReferencedImageSequence = []
        for uid in uids:
            item = Dataset()
            item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", uid
            series.ReferencedImageSequence.append(item)
        step.PerformedSeriesSequence = [series]
        with self.association() as association:
            return association.send_n_set(step, MPPS, self.uid)[0]

    def association(self) -> Any:
        from contextlib import contextmanager

        @contextmanager
        def opened() -> Any:
            entity = Asker(self.calling)
            entity.add_requested_context(MPPS)
            association = entity.associate(*self.store.settings.dicom_address, ae_title="READHUB")
            yield association
            association.release()

        return opened()


@pytest.fixture
def send(hub: Store, dcmtk: Run, tmp_path: Path) -> Callable[[int], None]:
    """Send one slice of the study and do what is due."""

    def one(number: int) -> None:
        file = written(slice_of(number), tmp_path / f"{number}.dcm")
        assert dcmtk("storescu", hub.settings, "-R", file).returncode == 0
        hurry(hub)
        do_errands(hub)

    return one


def study_of(store: Store) -> Study:
    with store.reading() as session:
        return session.scalars(select(Study)).one()


def order_state(store: Store) -> str:
    with store.reading() as session:
        return session.scalars(select(ExamOrder.state)).one()


def test_a_study_is_ready_when_the_last_listed_instance_is_there(hub: Store, order: Any, send: Any) -> None:
    order(study_instance_uid=STUDY)
    device = Modality(hub)
    assert device.begin(STUDY) == 0x0000
    assert order_state(hub) == "in-progress"
    send(1)
    assert study_of(hub).state == "arriving"  # the quiet time is over, but the device is not done
    assert device.end("COMPLETED", *(f"{ROOT_UID}.3.{number}" for number in (1, 2, 3))).Status == 0x0000
    assert order_state(hub) == "completed"
    do_errands(hub)
    send(2)
    found = study_of(hub)
    assert (found.state, found.instances, found.expected_instances) == ("arriving", 2, 3)
    send(3)
    assert (study_of(hub).state, study_of(hub).note) == ("ready", "")


def test_the_last_listed_instance_is_not_waited_upon(
    hub: Store, send: Any, dcmtk: Run, tmp_path: Path
) -> None:
    device = Modality(hub)
    device.begin(STUDY)
    device.end("COMPLETED", f"{ROOT_UID}.3.1")
    file = written(slice_of(1), tmp_path / "only.dcm")
    assert dcmtk("storescu", hub.settings, "-R", file).returncode == 0
    assert study_of(hub).expected_instances == 1
    do_errands(hub)
    assert study_of(hub).state == "ready"


def test_a_listed_instance_that_never_comes_holds_up_nobody_for_ever(hub: Store, send: Any) -> None:
    from datetime import timedelta

    device = Modality(hub)
    device.begin(STUDY)
    device.end("COMPLETED", f"{ROOT_UID}.3.1", f"{ROOT_UID}.3.2")
    send(1)
    assert study_of(hub).state == "arriving"
    with hub.writing() as session:
        study = session.scalars(select(Study)).one()
        study.last_instance_at = study.last_instance_at - timedelta(hours=2)
    hurry(hub)
    do_errands(hub)
    assert (study_of(hub).state, study_of(hub).note) == ("ready", "incomplete")


def test_of_a_study_that_is_read_already_it_is_said_what_it_lacks(hub: Store, send: Any) -> None:
    send(1)
    hurry(hub)
    do_errands(hub)
    with hub.writing() as session:
        move_study(session, session.scalars(select(Study)).one(), "draft-saved")
    device = Modality(hub)
    device.begin(STUDY)
    device.end("COMPLETED", f"{ROOT_UID}.3.1", f"{ROOT_UID}.3.2")
    do_errands(hub)
    assert (study_of(hub).state, study_of(hub).note) == ("drafted", "incomplete")
    send(2)
    hurry(hub)
    do_errands(hub)
    assert (study_of(hub).state, study_of(hub).note) == ("drafted", "late-instances")


def test_a_step_of_another_site_is_nobodys_business(hub: Store) -> None:
    east, west = Modality(hub), Modality(hub, "CLINIC2")
    west.uid = east.uid
    assert east.begin(STUDY) == west.begin("1.2.3") == 0x0000
    assert east.begin(STUDY) == 0x0111
    assert west.end("COMPLETED", "1.2.3.9").Status == 0x0000
    with hub.reading() as session:
        steps = session.scalars(select(PerformedStep).order_by(PerformedStep.site_id))
        assert [step.state for step in steps] == ["IN PROGRESS", "COMPLETED"]


def test_a_discontinued_step_puts_its_order_back_on_the_worklist(
    hub: Store, order: Any, worklist: Any
) -> None:
    order(study_instance_uid=STUDY, accession="A1")
    device = Modality(hub)
    device.begin(STUDY)
    assert worklist() == []
    assert device.end("DISCONTINUED").Status == 0x0000
    assert accessions(worklist()) == ["A1"]


def test_a_step_finds_its_order_by_accession_number_too(hub: Store, order: Any) -> None:
    order(accession="A1")
    Modality(hub).begin("1.2.3.4", accession="A1")
    assert order_state(hub) == "in-progress"


def test_a_study_that_was_ready_arrives_again_when_its_device_goes_on(hub: Store, send: Any) -> None:
    send(1)
    assert study_of(hub).state == "ready"
    Modality(hub).begin(STUDY)
    assert study_of(hub).state == "arriving"


def test_what_a_device_may_not_say_of_a_step_is_refused_with_the_standards_status(hub: Store) -> None:
    device = Modality(hub)
    assert device.begin(STUDY, status="COMPLETED") == 0x0106
    assert device.begin("") == 0x0120
    absent = device.end("COMPLETED")
    assert (absent.Status, absent.ErrorComment) == (
        0x0112,
        "this site has no step under this SOP Instance UID",
    )
    assert device.begin(STUDY) == 0x0000
    assert device.begin(STUDY) == 0x0111
    stranger = Modality(hub, "CLINIC2")
    stranger.uid = device.uid
    assert stranger.end("COMPLETED").Status == 0x0112
    assert device.end("COMPLETED").Status == 0x0000
    over = device.end("DISCONTINUED")
    assert (over.Status, over.ErrorID) == (0x0110, 0xA710)
    assert over.ErrorComment == "this step is COMPLETED and is not changed any more"
    assert [row[1] for row in audited(hub, "step")].count("refused") == 6
    with hub.reading() as session:
        assert session.scalars(select(PerformedStep)).one().state == "COMPLETED"
        assert session.scalar(select(Errand)) is None
