"""What a self-test tries, one after another, each with a finding for the sheet."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian
from pynetdicom import build_context
from sqlalchemy import select

from dicom.commitment import ask_commitment
from dicom.contexts import EXPLICIT_LITTLE, verification
from dicom.errors import NoAssociation
from dicom.selftest.device import TestDevice
from dicom.selftest.traces import NUMBER, WRITER
from dicom.services.modality_worklist import WORKLIST_FIND
from dicom.status import PENDING, SUCCESS
from hub.domain.order import OrderFacts
from hub.domain.uid import new_uid
from hub.errors import HubError
from hub.store.orders import By, place_order
from hub.store.sites import site_named
from hub.store.tables import Instance, Patient, Study

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
#: Rare characters, which a hub or a device that cannot do them turns into question marks.
NAMES = {"ISO_IR 192": "测试^㑇䶮", "GB18030": "测试^㙦某"}
COMMITMENT_SECONDS = 30.0


@dataclass(frozen=True)
class Check:
    """One thing that was tried: its name, whether it went well, what was seen, and how long it took."""

    name: str
    passed: bool
    seen: str
    milliseconds: float


class Failed(Exception):
    """The check did not go well; the message says what was seen instead."""


def run_checks(device: TestDevice) -> Iterator[Check]:
    """Yield each check as it is done; one that fails does not keep the others from being tried."""
    stored: list[tuple[str, str]] = []
    yield _tried("连通 C-ECHO", lambda: _echo(device))
    for character_set in NAMES:
        yield _tried(f"存储 C-STORE（{character_set}）", lambda cs=character_set: _store(device, cs, stored))  # type: ignore[misc]
    yield _tried("重复发送不重复入库", lambda: _again(device, stored))
    for character_set in NAMES:
        yield _tried(f"工作列表 C-FIND（{character_set}）", lambda cs=character_set: _worklist(device, cs))  # type: ignore[misc]
    yield _tried("存储承诺 N-ACTION / N-EVENT-REPORT", lambda: _commitment(device, stored))


def _tried(name: str, act: Callable[[], str]) -> Check:
    began = time.perf_counter()
    try:
        passed, seen = True, act()
    except (Failed, HubError) as error:
        passed, seen = False, str(error)
    except Exception as error:  # whatever broke is what was seen
        passed, seen = False, f"{type(error).__name__}: {error}"
    return Check(name, passed, seen, (time.perf_counter() - began) * 1000)


def _echo(device: TestDevice) -> str:
    with device.asking(verification()) as association:
        _need(association.send_c_echo())
    return "0x0000"


def _store(device: TestDevice, character_set: str, stored: list[tuple[str, str]]) -> str:
    made = _picture(character_set)
    _sent(device, made)
    stored.append((SECONDARY_CAPTURE, str(made.SOPInstanceUID)))
    shown = _name_shown(device, str(made.SOPInstanceUID))
    wanted = NAMES[character_set].replace("^", "")
    if shown != wanted:
        raise Failed(f"姓名应为 {wanted}，显示为 {shown}")
    return f"0x0000，姓名 {shown}"


def _again(device: TestDevice, stored: list[tuple[str, str]]) -> str:
    if not stored:
        raise Failed("没有可重发的图像")
    with device.store.reading() as session:
        row = session.scalars(select(Instance).where(Instance.sop_instance_uid == stored[0][1])).one()
        study = session.get_one(Study, row.study_id)
    from dicom.load import load_dataset

    _sent(device, load_dataset(device.store.vault.path(row.file_key)))
    with device.store.reading() as session:
        count = session.get_one(Study, study.id).instances
    if count != study.instances:
        raise Failed(f"重发后图像数由 {study.instances} 变为 {count}")
    return f"0x0000，仍为 {count} 幅"


def _worklist(device: TestDevice, character_set: str) -> str:
    name, today = NAMES[character_set], datetime.now(device.store.settings.zone).strftime("%Y%m%d")
    facts = OrderFacts(NUMBER, name, "DX", today, description="自检", station_ae=device.title)
    with device.store.writing() as session:
        site = site_named(session, device.site)
        order = place_order(session, site, facts, By(WRITER, "page"))
    device.reads(character_set)
    found = _item(device, order.accession)
    if found is None:
        raise Failed(f"未查到检查号 {order.accession}")
    if (str(found.PatientName), found.SpecificCharacterSet) != (name, character_set):
        raise Failed(f"姓名或字符集不符：{found.PatientName} {found.SpecificCharacterSet}")
    return f"检查号 {order.accession}，姓名 {name.replace('^', '')}"


def _item(device: TestDevice, accession: str) -> Dataset | None:
    query, step = Dataset(), Dataset()
    query.AccessionNumber, query.PatientName, query.StudyInstanceUID = accession, "", ""
    step.Modality, step.ScheduledStationAETitle = "", device.title
    query.ScheduledProcedureStepSequence = [step]
    with device.asking(build_context(WORKLIST_FIND, EXPLICIT_LITTLE)) as association:
        replies = list(association.send_c_find(query, WORKLIST_FIND))
    return next((item for status, item in replies if status.get("Status") in PENDING and item), None)


def _commitment(device: TestDevice, stored: list[tuple[str, str]]) -> str:
    if not stored:
        raise Failed("没有可承诺的图像")
    transaction, unknown = new_uid(), new_uid()
    asked = [*stored, (SECONDARY_CAPTURE, unknown)]
    result = ask_commitment(device.hub, device.title, transaction, asked)
    result = result or device.told(transaction, COMMITMENT_SECONDS)
    if result is None:
        raise Failed(f"{COMMITMENT_SECONDS:.0f} 秒内没有收到结果（后台任务是否在运行？）")
    if result.committed != {uid for _class, uid in stored} or set(result.failed) != {unknown}:
        raise Failed(f"结果不实：承诺 {len(result.committed)}，失败 {len(result.failed)}")
    return f"已存 {len(stored)} 幅得到承诺，不存在的 1 幅如实报告"


def _sent(device: TestDevice, dataset: Dataset) -> None:
    with device.asking(build_context(SECONDARY_CAPTURE, EXPLICIT_LITTLE)) as association:
        _need(association.send_c_store(dataset))


def _need(status: Dataset) -> None:
    code = status.get("Status")
    if code is None:
        raise NoAssociation("没有应答")
    if code != SUCCESS:
        raise Failed(f"应答 0x{code:04X}")


def _name_shown(device: TestDevice, sop_instance_uid: str) -> str:
    with device.store.reading() as session:
        found = session.execute(
            select(Patient.name, Patient.name_guessed)
            .join(Study, Study.patient_row == Patient.id)
            .join(Instance, Instance.study_id == Study.id)
            .where(Instance.sop_instance_uid == sop_instance_uid)
        ).first()
    if found is None:
        raise Failed("应答成功，但索引中没有")
    return str(found[0]) + (" ?" if found[1] else "")


def _picture(character_set: str) -> Dataset:
    """A small plainly invented picture, in whose header the name stands in this character set."""
    made = Dataset()
    made.SpecificCharacterSet = character_set
    made.SOPClassUID, made.SOPInstanceUID = UID(SECONDARY_CAPTURE), UID(new_uid())
    made.StudyInstanceUID, made.SeriesInstanceUID = UID(new_uid()), UID(new_uid())
    made.PatientID, made.PatientName = f"{NUMBER}-{new_uid()[-8:]}", NAMES[character_set]
    made.Modality, made.ConversionType, made.StudyDescription = "OT", "SYN", "自检"
    made.Rows = made.Columns = 64
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.PixelRepresentation, made.SamplesPerPixel = 7, 0, 1
    made.PhotometricInterpretation = "MONOCHROME2"
    made.PixelData = np.tile(np.arange(64, dtype=np.uint8) * 4, (64, 1)).tobytes()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return made
