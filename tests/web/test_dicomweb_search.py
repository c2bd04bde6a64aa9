"""QIDO-RS: a study is found by what its objects say, as C-FIND finds it."""

import pytest
from pydicom import dcmread

from tests.plugins.peers import ROOT_UID, slice_of, written
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


def test_a_number_is_found_with_zeros_before_it(li, keep):
    path = sample("CT_small.dcm")
    keep(path)
    assert len(li.get(f"/dicom-web/series?SeriesNumber=0{dcmread(path).SeriesNumber}").json) == 1
    assert li.get("/dicom-web/series?SeriesNumber=one").status_code == 400
