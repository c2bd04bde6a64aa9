"""QIDO-RS: a study is found by what its objects say, as C-FIND finds it."""

import pytest
from pydicom import dcmread
from sqlalchemy import select

from hub.store.rejections import mark_rejected
from hub.store.tables import Study
from tests.plugins.peers import ROOT_UID, slice_of, written
from tests.plugins.studies import add_studies
from tests.web.test_dicomweb import sample


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("PatientName=Zhang^Zhihong", 1), ("PatientName=zhang^*", 1), ("PatientName=Zhang Zhihong", 1),
        ("PatientName=Zhang", 0), ("StudyTime=0800-0900", 1), ("StudyTime=08", 1), ("StudyTime=-0829", 0),
        ("StudyTime=083000-", 1), ("00080030=0931", 0), ("StudyID=S1", 1), ("StudyID=S2", 0),
        ("PatientSex=M", 1), ("00100040=F", 0),
        ("ModalitiesInStudy=CT", 1), ("ModalitiesInStudy=SR", 1), ("ModalitiesInStudy=MR", 0),
    ],
)  # fmt: skip
def test_a_study_is_found_by_every_key_as_its_objects_say_it(li, keep, tmp_path, question, found):
    for number, modality in enumerate(("CT", "SR")):
        one = slice_of(
            number, Modality=modality, SeriesInstanceUID=f"{ROOT_UID}.2.{number}", StudyID="S1",
            StudyTime="083000.5", PatientSex="M", PatientName="Zhang^Zhihong",
        )  # fmt: skip
        keep(written(one, tmp_path / f"{number}.dcm"))
    answer = li.get(f"/dicom-web/studies?{question}")
    assert "Warning" not in answer.headers
    assert len(answer.json if answer.status_code == 200 else []) == found
    if found:
        (study,) = answer.json
        assert sorted(study["00080061"]["Value"]) == ["CT", "SR"] and study["00201206"]["Value"] == [2]
        assert study["00200010"]["Value"] == ["S1"]


def test_a_chinese_name_is_found_as_it_is_written_in_its_object(li, keep, tmp_path):
    one = slice_of(1, SpecificCharacterSet="ISO_IR 192", PatientName="Zhang^San=张^三")
    keep(written(one, tmp_path / "one.dcm"))
    for said in ("张三", "张^三", "Zhang^San=张^三", "张*"):
        assert len(li.get(f"/dicom-web/studies?PatientName={said}").json) == 1


@pytest.fixture
def of_two_groups(keep, tmp_path):
    one = slice_of(1, SpecificCharacterSet="GB18030", PatientName="WANG^XIAO=王^小")
    one.ReferringPhysicianName = "WANG^XIAO=王^小"
    keep(written(one, tmp_path / "one.dcm"))


@pytest.mark.parametrize("keyword", ["PatientName", "ReferringPhysicianName", "00080090"])
@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("wang^xiao", 1), ("WANG*", 1), ("WANG XIAO", 1), ("王^小", 1), ("王小", 1), ("*小", 1), ("*", 1),
        ("WANG^XIAO=王^小", 1), ("=王^小", 1), ("XIAO", 0), ("WANG", 0), ("WANG^XIAO=李^小", 0), ("_ang*", 0),
    ],
)  # fmt: skip
def test_a_name_of_two_groups_is_found_by_each_of_them(li, of_two_groups, keyword, said, found):
    answer = li.get("/dicom-web/studies", query_string={keyword: said})
    assert "Warning" not in answer.headers
    assert len(answer.json if answer.status_code == 200 else []) == found


def test_a_search_answers_who_referred_the_patient(li, keep, tmp_path):
    keep(written(slice_of(1, ReferringPhysicianName="LI^YI"), tmp_path / "one.dcm"))
    (study,) = li.get("/dicom-web/studies").json
    assert study["00080090"] == {"vr": "PN", "Value": [{"Alphabetic": "LI^YI"}]}


@pytest.fixture
def two_sites(keep, tmp_path):
    """A study of a CT and an SR series at the site east, and one of another patient at west."""
    for number, modality in enumerate(("CT", "SR"), start=1):
        one = slice_of(
            number, Modality=modality, SeriesInstanceUID=f"{ROOT_UID}.2.{number}", PatientID="P1",
            StudyDate="20261101", SeriesDescription=f"series {number}", BodyPartExamined="CHEST",
        )  # fmt: skip
        keep(written(one, tmp_path / f"{number}.dcm"))
    other = slice_of(9, StudyInstanceUID=f"{ROOT_UID}.1.9", SeriesInstanceUID=f"{ROOT_UID}.2.9")
    other.PatientID = "P9"
    keep(written(other, tmp_path / "9.dcm"), site="west")


ONE, FIRST = f"{ROOT_UID}.1", f"{ROOT_UID}.2.1"
OF_STUDY = {"00080020": "20261101", "00100020": "P1", "0020000D": ONE, "00201206": 2, "00201208": 2}
OF_SERIES = {"0008103E": "series 1", "0020000E": f"{ROOT_UID}.2.1", "00201209": 1}


@pytest.mark.parametrize(
    ("question", "here", "absent"),
    [
        ("series?PatientID=P1&Modality=CT", OF_STUDY | OF_SERIES, {}),
        ("series?00100020=P1&00080060=CT", OF_STUDY | OF_SERIES, {}),
        ("instances?PatientID=P1&Modality=CT", OF_STUDY | OF_SERIES, {}),
        (f"studies/{ONE}/series?Modality=CT", OF_SERIES, {"00100020", "00201206"}),
        (f"studies/{ONE}/series?Modality=CT&PatientID=P1", OF_SERIES | {"00100020": "P1"}, {"00201206"}),
        (f"studies/{ONE}/instances?Modality=CT", OF_SERIES, {"00100020", "00201206"}),
        (f"studies/{ONE}/series/{FIRST}/instances", {"00080018": f"{ROOT_UID}.3.1"}, {"00201209"}),
    ],
)  # fmt: skip
def test_what_the_path_does_not_name_is_answered_with_every_series_and_instance(
    browser, two_sites, question, here, absent
):
    (found,) = browser("eastdoc").get(f"/dicom-web/{question}").json
    assert {tag: found[tag]["Value"][0] for tag in here} == here
    assert not absent & found.keys()
    last = "instances/" if "instances" in question else "series/"
    assert last in found["00081190"]["Value"][0]


@pytest.mark.parametrize("what", ["studies", "series", "instances"])
def test_a_search_by_patient_finds_nothing_of_another_site(browser, two_sites, what):
    assert browser("eastdoc").get(f"/dicom-web/{what}?PatientID=P9").status_code == 204
    assert browser("li").get(f"/dicom-web/{what}?PatientID=P9").status_code == 200


def test_a_study_counts_only_the_instances_that_are_shown(li, two_sites, store):
    with store.writing() as session:
        study = session.scalars(select(Study).where(Study.study_instance_uid == f"{ROOT_UID}.1")).one()
        mark_rejected(session, study.id, [f"{ROOT_UID}.3.2"])
    (found,) = li.get("/dicom-web/studies?PatientID=P1").json
    assert (found["00201206"]["Value"], found["00201208"]["Value"]) == ([1], [1])


def test_a_number_is_found_with_zeros_before_it(li, keep):
    path = sample("CT_small.dcm")
    keep(path)
    assert len(li.get(f"/dicom-web/series?SeriesNumber=0{dcmread(path).SeriesNumber}").json) == 1
    assert li.get("/dicom-web/series?SeriesNumber=one").status_code == 400


@pytest.mark.parametrize(
    ("what", "tag"), [("studies", "0020000D"), ("series", "0020000E"), ("instances", "00080018")]
)
def test_pages_give_each_of_many_once_and_say_that_there_are_more(li, store, what, tag):
    add_studies(store, "east", 6000)
    seen = []
    for offset in range(0, 6000, 1000):
        answer = li.get(f"/dicom-web/{what}?PatientID=MANY&offset={offset}&limit=5000")
        seen += [one[tag]["Value"][0] for one in answer.json]
        assert len(seen) == offset + 1000
        assert ("additional results" in answer.headers.get("Warning", "")) is (offset < 5000)
    assert len(set(seen)) == 6000
    assert li.get(f"/dicom-web/{what}?PatientID=MANY&offset=6000").status_code == 204
