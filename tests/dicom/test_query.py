"""C-FIND asked by DCMTK and pynetdicom: whole studies of the own site, matched as PS3.4 C.2.2.2 says."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from pynetdicom import AE
from sqlalchemy import select, update

from hub.store import Store, now, sites
from hub.store.devices import add_device
from hub.store.moves import move_study
from hub.store.rejections import mark_rejected
from hub.store.tables import AuditRow, Patient, Series, Sharing, Study
from tests.plugins.databases import settings
from tests.plugins.peers import ROOT_UID, Asker, Run
from tests.plugins.studies import Keep, add_studies, share, wait_a_moment

__all__ = ["settings"]

STUDY_ROOT, PATIENT_ROOT = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.1.1"


@pytest.fixture
def find(hub: Store, dcmtk: Run, tmp_path: Path) -> Callable[..., list[Dataset]]:
    """Ask with findscu, `find("STUDY", PatientName="ZHANG*")`, and return the answers as it saved them."""

    def ask(
        level: str, *more: str, calling: str = "CLINIC1", model: str = "-S", **keys: str
    ) -> list[Dataset]:
        folder = tmp_path / f"answers-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        words = [f"-k {name}={value}" for name, value in {"QueryRetrieveLevel": level, **keys}.items()]
        done = dcmtk("findscu", hub.settings, model, "-X", f"-od {folder}", *words, *more, calling=calling)
        assert done.returncode == 0, done.stdout
        return [dcmread(path, force=True) for path in sorted(folder.iterdir())]

    return ask


def ask(store: Store, query: Dataset, model: str = STUDY_ROOT, calling: str = "CLINIC1") -> list[Any]:
    """Ask with pynetdicom; return the (status, answer) pairs."""
    entity = Asker(calling)
    entity.add_requested_context(model)
    association = entity.associate(*store.settings.dicom_address, ae_title="READHUB")
    assert association.is_established
    replies = list(association.send_c_find(query, model))
    association.release()
    return replies


def names(answers: list[Dataset]) -> list[str]:
    return sorted(str(answer.PatientName) for answer in answers)


def test_a_study_is_found_by_each_of_its_keys_and_answered_with_what_was_asked(keep: Keep, find: Any) -> None:
    uid = keep(
        PatientID="P7", PatientName="Zhang^San", StudyDate="20261101", StudyTime="081530", StudyID="S1",
        AccessionNumber="A1", StudyDescription="Chest plain", PatientSex="M", PatientBirthDate="19600102",
    )  # fmt: skip
    keep(PatientID="P8", PatientName="Li^Si", StudyDate="20251101", AccessionNumber="A2")
    for key, value in {
        "PatientID": "P7", "PatientName": "zhang^san", "StudyDate": "20261101", "AccessionNumber": "A1",
        "StudyID": "S1", "StudyDescription": "Chest*", "PatientBirthDate": "19600102",
        "StudyTime": "0800-0900", "StudyInstanceUID": uid,
    }.items():  # fmt: skip
        found = find("STUDY", **{"StudyInstanceUID": ""} | {key: value})
        assert [one.StudyInstanceUID for one in found] == [uid], key
    (whole,) = find(
        "STUDY", StudyInstanceUID=uid, ModalitiesInStudy="", NumberOfStudyRelatedInstances="", PatientSex="",
        NumberOfStudyRelatedSeries="", StudyTime="",
    )  # fmt: skip
    assert (whole.ModalitiesInStudy, whole.NumberOfStudyRelatedInstances) == ("CT", 1)
    assert (whole.PatientSex, whole.StudyTime, whole.NumberOfStudyRelatedSeries) == ("M", "081530", 1)
    assert (whole.RetrieveAETitle, whole.QueryRetrieveLevel) == ("READHUB", "STUDY")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("PatientName", "WANG*", ["Wang^Er", "Wang^Yi"]),
        ("PatientName", "Wang^?i", ["Wang^Yi"]),
        ("PatientName", "wang yi", ["Wang^Yi"]),
        ("PatientName", "*", ["Wang^Er", "Wang^Yi", "Zhao^Wu"]),
        ("PatientName", "Wang_Yi", []),
        ("PatientName", "%", []),
        ("StudyDate", "20260101-20260228", ["Wang^Er", "Wang^Yi"]),
        ("StudyDate", "-20260131", ["Wang^Yi"]),
        ("StudyDate", "20260201-", ["Wang^Er", "Zhao^Wu"]),
        ("StudyTime", "-1000", ["Wang^Yi"]),
        ("StudyTime", "10", ["Wang^Er"]),
        ("ModalitiesInStudy", "MR", ["Zhao^Wu"]),
        ("AccessionNumber", "a-1", []),
        ("AccessionNumber", "A-1", ["Wang^Yi"]),
        ("StudyInstanceUID", rf"{ROOT_UID}.1.101\{ROOT_UID}.1.103", ["Wang^Yi", "Zhao^Wu"]),
    ],
)  # fmt: skip
def test_keys_match_by_value_wildcard_range_and_list(
    keep: Keep, find: Any, key: str, value: str, expected: list[str]
) -> None:
    keep(PatientID="1", PatientName="Wang^Yi", StudyDate="20260115", StudyTime="0930", AccessionNumber="A-1")
    keep(PatientID="2", PatientName="Wang^Er", StudyDate="20260215", StudyTime="101500")
    keep(PatientID="3", PatientName="Zhao^Wu", StudyDate="20260315", StudyTime="1130", Modality="MR")
    assert names(find("STUDY", **{"PatientName": "", key: value})) == expected


@pytest.mark.parametrize("declared", ["ISO_IR 192", "GB18030", r"\ISO 2022 IR 58"])
@pytest.mark.parametrize("keyword", ["PatientName", "ReferringPhysicianName"])
def test_a_name_is_found_by_either_of_its_groups_and_answered_in_both(
    keep: Keep, find: Any, declared: str, keyword: str
) -> None:
    both = {"PatientName": "WANG^XIAO=王^小", "ReferringPhysicianName": "LI^YI=李^医"}
    uid = keep(SpecificCharacterSet=declared.split("\\"), PatientID="1", **both)
    keep(PatientID="2", PatientName="ZHAO^WU=赵^五", SpecificCharacterSet="ISO_IR 192")
    latin, chinese = both[keyword].split("=")
    family = latin.partition("^")[0]
    for wanted in (latin, latin.lower(), f"{family}*", chinese, chinese[0] + "*", both[keyword]):
        (found,) = find(
            "STUDY", **{"StudyInstanceUID": "", keyword: wanted}, SpecificCharacterSet="ISO_IR 192"
        )
        assert (found.StudyInstanceUID, str(found[keyword].value)) == (uid, both[keyword]), wanted
    assert find("STUDY", **{"StudyInstanceUID": "", keyword: "XIAO*"}) == []


@pytest.mark.parametrize("kept_before", [False, True])
@pytest.mark.parametrize("written", ["2024.01.02", "2024-01-02", "20240102"])
def test_a_date_is_found_however_a_device_wrote_it(
    hub: Store, keep: Keep, find: Any, written: str, kept_before: bool
) -> None:
    keep(PatientName="Old^Device", StudyDate=written, PatientBirthDate=written)
    keep(PatientID="2", PatientName="New^Device", StudyDate="20250102", PatientBirthDate="20250102")
    if kept_before:  # as rows stand that came when dates were taken as they were written
        with hub.writing() as session:
            session.execute(update(Study).where(Study.id == 1).values(study_date=written))
            session.execute(update(Patient).where(Patient.id == 1).values(birth_date=written))
    for key in ("StudyDate", "PatientBirthDate"):
        for value in ("20240102", "20240101-20240103", "-20240102", "2024.01.02", "2024.01.01-2024.01.03"):
            assert names(find("STUDY", **{"PatientName": "", key: value})) == ["Old^Device"], (key, value)
        assert names(find("STUDY", **{"PatientName": "", key: "20240103-"})) == ["New^Device"]
    if not kept_before:
        (answer,) = find("STUDY", PatientName="Old*", StudyDate="", PatientBirthDate="")
        assert (answer.StudyDate, answer.PatientBirthDate) == ("20240102", "20240102")


def test_a_value_that_its_element_may_not_hold_ends_no_answer(hub: Store, keep: Keep, find: Any) -> None:
    uid = keep()
    with hub.writing() as session:
        session.execute(update(Series).values(body_part="胸部"))
    (series,) = find("SERIES", StudyInstanceUID=uid, BodyPartExamined="", SeriesInstanceUID="")
    assert series.SeriesInstanceUID and series.BodyPartExamined in (None, "")


def test_series_and_instances_are_found_below_their_study(keep: Keep, find: Any) -> None:
    uid = keep(SeriesNumber="3", SeriesDescription="Lung")
    (series,) = find("SERIES", StudyInstanceUID=uid, Modality="CT", SeriesNumber="03", SeriesInstanceUID="")
    assert series.SeriesNumber == 3
    (image,) = find(
        "IMAGE", StudyInstanceUID=uid, SeriesInstanceUID=series.SeriesInstanceUID, SOPInstanceUID="",
        SOPClassUID="", Rows="", InstanceAvailability="",
    )  # fmt: skip
    assert (image.SOPInstanceUID, image.Rows, image.InstanceAvailability) == (
        f"{ROOT_UID}.3.101",
        64,
        "ONLINE",
    )


def test_the_patient_root_has_patients_and_wants_their_id_below(hub: Store, keep: Keep, find: Any) -> None:
    keep(PatientID="P1", PatientName="One^A")
    keep(PatientID="P1", PatientName="One^A")
    keep(PatientID="P2", PatientName="Two^B")
    found = find("PATIENT", model="-P", PatientName="", PatientID="", NumberOfPatientRelatedStudies="")
    assert {one.PatientID: int(one.NumberOfPatientRelatedStudies) for one in found} == {"P1": 2, "P2": 1}
    assert len(find("STUDY", model="-P", PatientID="P1", StudyInstanceUID="")) == 2
    query = Dataset()
    query.QueryRetrieveLevel, query.StudyInstanceUID = "STUDY", ""
    assert [status.Status for status, _ in ask(hub, query, PATIENT_ROOT)] == [0xA900]


@pytest.mark.parametrize("level", ["", "PATIENT", "NONSENSE", "SERIES"])
def test_a_query_that_does_not_fit_its_model_is_refused_and_says_why(hub: Store, level: str) -> None:
    query = Dataset()
    query.QueryRetrieveLevel, query.PatientName = level, "*"
    ((status, _),) = ask(hub, query)
    assert status.Status == 0xA900 and status.ErrorComment


def test_keys_that_the_hub_does_not_hold_come_back_empty_with_the_standards_warning(
    hub: Store, keep: Keep
) -> None:
    keep(PatientName="One^A")
    query = Dataset()
    query.QueryRetrieveLevel, query.StudyInstanceUID = "STUDY", ""
    query.NameOfPhysiciansReadingStudy, query.PatientName = "Somebody", ""
    query.ProcedureCodeSequence = [Dataset()]
    query.ProcedureCodeSequence[0].CodeValue = "X"
    (pending, answer), (last, _) = ask(hub, query)
    assert (pending.Status, last.Status) == (0xFF01, 0x0000)
    assert not answer.NameOfPhysiciansReadingStudy and len(answer.ProcedureCodeSequence) == 0
    del query.NameOfPhysiciansReadingStudy, query.ProcedureCodeSequence
    assert ask(hub, query)[0][0].Status == 0xFF00


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("ISO_IR 192", "utf_8"), ("GB18030", "gb18030"), (r"\ISO 2022 IR 58", "iso_ir_58"),
        ("ISO_IR 100", "gb18030"), ("", "utf_8"),
    ],
)  # fmt: skip
def test_a_chinese_name_is_asked_for_in_the_callers_own_characters(
    hub: Store, keep: Keep, declared: str, codec: str
) -> None:
    keep(PatientName="张^三", SpecificCharacterSet="ISO_IR 192")
    keep(PatientName="李^四", SpecificCharacterSet="GB18030")
    wanted = b"\x1b$)A" + "张".encode("gb2312") + b"*" if codec == "iso_ir_58" else "张*".encode(codec)
    (_, answer), _ = ask(hub, _raw_query(declared, wanted))
    assert answer.SpecificCharacterSet == "ISO_IR 192" and str(answer.PatientName) == "张^三"


def _raw_query(declared: str, name: bytes) -> Dataset:
    """A query whose name is these very bytes, whatever its character set says."""
    query = Dataset()
    query.QueryRetrieveLevel = "STUDY"
    if declared:
        query.SpecificCharacterSet = declared.split("\\")
    query.add_new("StudyInstanceUID", "UI", "")
    query.add_new(0x00100010, "UN", name)
    return query


def test_a_device_is_answered_in_the_characters_that_it_reads(hub: Store, keep: Keep) -> None:
    keep(PatientName="Zhang^San=张^三", SpecificCharacterSet="ISO_IR 192")
    with hub.writing() as session:
        add_device(session, sites.site_named(session, "east"), "OLDUS", character_set="GB18030")
    query = Dataset()
    query.QueryRetrieveLevel, query.PatientName, query.StudyInstanceUID = "STUDY", "zhang*", ""
    wait_a_moment()
    (_, answer), _ = ask(hub, query, calling="OLDUS")
    assert answer.SpecificCharacterSet == "GB18030" and str(answer.PatientName) == "Zhang^San=张^三"


def test_a_site_finds_its_own_studies_and_never_anothers(keep: Keep, find: Any, hub: Store) -> None:
    own, other = keep(PatientID="SAME"), keep(calling="CLINIC2", PatientID="SAME")
    assert [one.StudyInstanceUID for one in find("STUDY", StudyInstanceUID="", PatientID="SAME")] == [own]
    assert find("STUDY", StudyInstanceUID=other) == []
    assert find("SERIES", StudyInstanceUID=other, SeriesInstanceUID="") == []
    (west,) = find("STUDY", calling="CLINIC2", StudyInstanceUID="")
    assert west.StudyInstanceUID == other
    with hub.reading() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.act == "search")).all()
    assert [(row.site, re.search(r"found (\d+)", row.detail)[1]) for row in rows] == [
        ("east", "1"), ("east", "0"), ("east", "0"), ("west", "1")
    ]  # fmt: skip


@pytest.mark.parametrize("state", ["arriving", "quarantined", "rejected"])
def test_a_study_that_is_not_whole_or_set_apart_is_not_found(
    keep: Keep, find: Any, hub: Store, state: str
) -> None:
    uid = keep(settle=False)
    with hub.writing() as session:
        study = session.scalars(select(Study).where(Study.study_instance_uid == uid)).one()
        if state != "arriving":
            move_study(session, study, "identity-conflict")
        if state == "rejected":
            move_study(session, study, "study-rejected")
    for level in ("STUDY", "SERIES", "IMAGE"):
        keys = {
            "STUDY": {},
            "SERIES": {"SeriesInstanceUID": ""},
            "IMAGE": {"SeriesInstanceUID": f"{ROOT_UID}.2.101"},
        }
        assert find(level, StudyInstanceUID=uid, **keys[level]) == []
    assert find("PATIENT", model="-P", PatientID="") == []


def test_rejected_images_are_in_no_answer_and_no_count(keep: Keep, find: Any, hub: Store) -> None:
    uid = [keep(StudyInstanceUID=f"{ROOT_UID}.1.9", SeriesInstanceUID=f"{ROOT_UID}.2.9") for _ in range(2)][0]
    series = {"StudyInstanceUID": uid, "SeriesInstanceUID": f"{ROOT_UID}.2.9"}
    for rejected, left in ((f"{ROOT_UID}.3.101", 1), (f"{ROOT_UID}.3.102", 0)):
        with hub.writing() as session:
            mark_rejected(session, session.scalars(select(Study.id)).one(), [rejected])
        assert len(find("IMAGE", SOPInstanceUID="", **series)) == left
        found = find("STUDY", StudyInstanceUID=uid, NumberOfStudyRelatedInstances="")
        assert [int(one.NumberOfStudyRelatedInstances) for one in found] == [1] * left
        assert len(find("SERIES", StudyInstanceUID=uid, SeriesInstanceUID="")) == left
        assert len(find("PATIENT", model="-P", PatientID="")) == left


def test_a_patient_whom_a_person_shared_is_found_at_both_sites_until_that_ends(
    keep: Keep, find: Any, hub: Store
) -> None:
    own, other = keep(PatientID="E1"), keep(calling="CLINIC2", PatientID="W1")
    keep(calling="CLINIC2", PatientID="W2", PatientName="Other^Person")
    share(hub, "E1", "W1", timedelta(days=1))
    assert {one.StudyInstanceUID for one in find("STUDY", StudyInstanceUID="")} == {own, other}
    assert own in {one.StudyInstanceUID for one in find("STUDY", calling="CLINIC2", StudyInstanceUID="")}
    with hub.writing() as session:
        session.scalars(select(Sharing)).one().until = now() - timedelta(seconds=1)
    assert {one.StudyInstanceUID for one in find("STUDY", StudyInstanceUID="")} == {own}


def test_more_answers_than_one_query_gives_are_said_to_be_more(hub: Store) -> None:
    add_studies(hub, "east", 6000)
    query = Dataset()
    query.QueryRetrieveLevel, query.PatientID, query.StudyInstanceUID = "STUDY", "MANY", ""
    *found, (last, _) = ask(hub, query)
    assert len({answer.StudyInstanceUID for _, answer in found}) == len(found) == 5000
    assert last.Status == 0xA700 and "more than 5000" in last.ErrorComment
    query.StudyInstanceUID = [f"{ROOT_UID}.8.{n}" for n in range(5500, 5600)]
    assert len(ask(hub, query)) == 101


def test_a_query_that_is_cancelled_ends_with_the_standards_word(hub: Store, keep: Keep) -> None:
    for number in range(4):
        keep(PatientID=f"P{number}")
    query = Dataset()
    query.QueryRetrieveLevel, query.StudyInstanceUID = "STUDY", ""
    entity = AE("CLINIC1")
    entity.add_requested_context(STUDY_ROOT)
    association = entity.associate(*hub.settings.dicom_address, ae_title="READHUB")
    replies = association.send_c_find(query, STUDY_ROOT, msg_id=7)
    association.send_c_cancel(7, query_model=STUDY_ROOT)
    statuses = [status.Status for status, _ in replies]
    association.release()
    assert statuses[-1] in (0xFE00, 0x0000)  # it may have been over before the cancellation came
    assert ask(hub, query)[-1][0].Status == 0x0000
