"""DICOMweb: what a viewer is given is what was received, and only to whom it belongs."""

import io
import re
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.encaps import get_frame
from pydicom.pixels import pixel_array
from sqlalchemy import select, update

from hub.store.tables import Instance, Patient, Study

AS_STORED = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
PLAIN = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1'


def sample(name):
    return Path(get_testdata_file(name, download=False))


def address(path):
    dataset = dcmread(path, stop_before_pixels=True, force=True)
    return (
        f"/dicom-web/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
        f"/instances/{dataset.SOPInstanceUID}"
    )


def parts(answer):
    """Return (headers, content) of each part."""
    boundary = re.search("boundary=([0-9a-f]+)", answer.headers["Content-Type"])[1]
    pieces = answer.data.split(f"--{boundary}".encode())
    assert pieces[-1].strip() == b"--"
    return [tuple(piece[2:-2].split(b"\r\n\r\n", 1)) for piece in pieces[1:-1]]


@pytest.fixture
def ct(keep):
    path = sample("CT_small.dcm")
    keep(path)
    return path


def test_an_instance_comes_back_as_it_was_received(li, ct):
    answer = li.get(address(ct), headers={"Accept": 'multipart/related; type="application/dicom"'})
    ((head, content),) = parts(answer)
    original = dcmread(ct)
    assert b"transfer-syntax=1.2.840.10008.1.2.1" in head
    assert dcmread(io.BytesIO(content)).PixelData == original.PixelData
    alone = li.get(address(ct), headers={"Accept": "application/dicom"})
    assert alone.mimetype == "application/dicom" and alone.data == content


def test_a_study_comes_with_all_its_instances(li, ct):
    study = address(ct).partition("/series/")[0]
    assert len(parts(li.get(study))) == 1


def test_metadata_names_the_pixels_and_holds_none(li, ct):
    answer = li.get(f"{address(ct)}/metadata")
    (found,) = answer.json
    assert answer.mimetype == "application/dicom+json"
    assert found["00280010"]["Value"] == [128] and found["00080018"]["Value"] == [address(ct).split("/")[-1]]
    assert found["7FE00010"]["BulkDataURI"].endswith("/frames/1") and "InlineBinary" not in found["7FE00010"]


def test_metadata_says_the_name_as_the_hub_shows_it(li, ct, store):
    with store.writing() as session:
        patient = session.scalars(select(Patient)).one()
        patient.name, patient.name_guessed = "张智宏", True
    (found,) = li.get(f"{address(ct)}/metadata").json
    assert found["00100010"]["Value"] == [{"Alphabetic": "张智宏 ?"}]


def frame(browser, path, number=1, accept=PLAIN):
    answer = browser.get(f"{address(path)}/frames/{number}", headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    ((head, content),) = parts(answer)
    return head.decode(), content


def test_native_frames_are_the_stored_bytes(li, ct):
    head, content = frame(li, ct)
    assert "transfer-syntax=1.2.840.10008.1.2.1" in head and content == dcmread(ct).PixelData


@pytest.mark.parametrize(
    "name",
    [
        "MR_small_jp2klossless.dcm",
        "MR_small_RLE.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "MR_small_bigendian.dcm",
    ],
)
def test_frames_in_any_syntax_are_given_plain_on_request(li, keep, name):
    path = sample(name)
    keep(path)
    _head, content = frame(li, path)
    assert np.array_equal(np.frombuffer(content, "<i2").reshape(64, 64), pixel_array(path))


def test_compressed_frames_are_given_as_stored_to_who_takes_them(li, keep):
    path = sample("MR_small_jp2klossless.dcm")
    keep(path)
    head, content = frame(li, path, accept=AS_STORED)
    assert "image/jp2; transfer-syntax=1.2.840.10008.1.2.4.90" in head
    assert content == get_frame(dcmread(path).PixelData, 0, number_of_frames=1)


def test_without_a_wish_frames_are_plain(li, keep):
    path = sample("MR_small_jp2klossless.dcm")
    keep(path)
    assert "application/octet-stream" in frame(li, path, accept="*/*")[0]


@pytest.mark.parametrize("name", ["SC_rgb_jpeg_dcmtk.dcm", "examples_jpeg2k.dcm", "SC_rgb_rle.dcm"])
def test_plain_colour_frames_are_in_the_colours_that_the_metadata_names(li, keep, name):
    path = sample(name)
    keep(path)
    (said,) = li.get(f"{address(path)}/metadata").json
    _head, content = frame(li, path)
    shape = (said["00280010"]["Value"][0], said["00280011"]["Value"][0], 3)
    assert said["00280004"]["Value"] == ["RGB"]
    assert np.array_equal(np.frombuffer(content, np.uint8).reshape(shape), pixel_array(path))


def test_the_other_frames_of_a_view_write_nothing(li, keep, store, monkeypatch):
    path = sample("examples_ybr_color.dcm")
    keep(path)
    frame(li, path, 1)
    monkeypatch.setattr(store, "writing", None)  # a row for each would ring every open page
    frame(li, path, 2)


def test_every_frame_of_a_cine_is_its_own(li, keep):
    path = sample("examples_ybr_color.dcm")
    keep(path)
    original = dcmread(path)
    frames = int(original.NumberOfFrames)
    (said,) = li.get(f"{address(path)}/metadata").json
    assert said["00280008"]["Value"] == [frames]
    _head, content = frame(li, path, frames)
    raw = said["00280004"]["Value"] != ["RGB"]
    expected = pixel_array(path, index=frames - 1, raw=raw)
    assert np.array_equal(np.frombuffer(content, np.uint8).reshape(expected.shape), expected)
    several = li.get(f"{address(path)}/frames/1,2,{frames}", headers={"Accept": PLAIN})
    assert len(parts(several)) == 3


@pytest.mark.parametrize("numbers", ["0", "2", "1,99", "-1", "x", "1,,2", "9" * 30])
def test_a_frame_that_is_not_there_is_refused_in_words(li, ct, numbers):
    answer = li.get(f"{address(ct)}/frames/{numbers}")
    assert answer.status_code in (400, 406) and answer.json["message"]


def test_a_rendered_picture_is_a_jpeg_of_the_size_asked_for(li, ct):
    full = Image.open(io.BytesIO(li.get(f"{address(ct)}/rendered").data))
    small = Image.open(io.BytesIO(li.get(f"{address(ct)}/rendered?viewport=64,64&window=40,400").data))
    assert (full.format, full.size, small.size) == ("JPEG", (128, 128), (64, 64))


@pytest.mark.parametrize("level", ["", "series", "study"])
def test_thumbnails_are_there_at_every_level(li, ct, level):
    where = address(ct)
    if level:
        where = where.partition("/instances/" if level == "series" else "/series/")[0]
    assert li.get(f"{where}/thumbnail").mimetype == "image/jpeg"


def test_an_ecg_has_no_picture_and_says_so(li, keep):
    path = sample("waveform_ecg.dcm")
    keep(path)
    answer = li.get(f"{address(path)}/rendered")
    assert answer.status_code == 406 and answer.json["error"] == "no-picture"


def test_an_altered_file_is_refused_and_marked_and_audited(li, ct, store, audited):
    with store.reading() as session:
        instance = session.scalars(select(Instance)).one()
        path = store.vault.path(instance.file_key)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    for what in ("", "/frames/1", "/rendered", "/metadata", "/thumbnail"):
        answer = li.get(address(ct) + what)
        assert (answer.status_code, answer.json["error"]) == (500, "damaged"), what
    with store.reading() as session:
        assert session.scalars(select(Instance)).one().damaged
    assert audited().count(("check", f"instance:{address(ct).split('/')[-1]}", "damaged")) == 1


def test_a_file_altered_after_it_was_checked_is_found_too(li, ct, store):
    assert li.get(f"{address(ct)}/rendered").status_code == 200
    with store.reading() as session:
        path = store.vault.path(session.scalars(select(Instance)).one().file_key)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert li.get(f"{address(ct)}/rendered").status_code == 500


def test_searches_find_by_patient_date_and_modality(li, ct):
    dataset = dcmread(ct)
    found = li.get(f"/dicom-web/studies?PatientID={dataset.PatientID}&00080061=CT").json
    assert [one["0020000D"]["Value"] for one in found] == [[dataset.StudyInstanceUID]]
    assert li.get(f"/dicom-web/studies?StudyDate={dataset.StudyDate}-").status_code == 200
    assert li.get("/dicom-web/studies?PatientID=%25").status_code == 204
    assert li.get("/dicom-web/studies?PatientName=Comp*").status_code == 200
    assert li.get("/dicom-web/studies?StudyDate=never").status_code == 400
    assert li.get("/dicom-web/studies?limit=x").status_code == 400
    assert "nonsense" in li.get("/dicom-web/studies?nonsense=1").headers["Warning"]


@pytest.mark.parametrize("kept_before", [False, True])
def test_a_dotted_date_of_an_old_device_is_found_and_answered_as_a_date(
    li, keep, store, tmp_path, kept_before
):
    dataset = dcmread(sample("CT_small.dcm"))
    dataset.StudyDate = dataset.PatientBirthDate = "2024.01.02"
    dataset.save_as(tmp_path / "old.dcm")
    keep(tmp_path / "old.dcm")
    if kept_before:  # as rows stand that came when dates were taken as they were written
        with store.writing() as session:
            session.execute(update(Study).values(study_date="2024.01.02"))
            session.execute(update(Patient).values(birth_date="2024.01.02"))
    for key in ("StudyDate", "PatientBirthDate"):
        for value in ("20240102", "20240101-20240103", "20240102-", "-20240102"):
            (found,) = li.get(f"/dicom-web/studies?{key}={value}").json
            dates = [found[tag]["Value"] for tag in ("00080020", "00100030")]
            assert dates == [["20240102"], ["20240102"]]
        assert li.get(f"/dicom-web/studies?{key}=20240103-").status_code == 204


def test_series_and_instances_of_a_study_are_listed(li, ct):
    study, series = address(ct).partition("/series/")[0], address(ct).partition("/instances/")[0]
    (one,) = li.get(f"{study}/series").json
    assert one["00201209"]["Value"] == [1]
    (instance,) = li.get(f"{series}/instances").json
    assert instance["00080018"]["Value"] == [address(ct).split("/")[-1]]
    assert len(li.get(f"{study}/instances").json) == len(li.get("/dicom-web/instances").json) == 1


def test_another_sites_objects_are_not_there_on_any_path(browser, keep, audited):
    path = sample("CT_small.dcm")
    keep(path, site="west")
    doctor, where = browser("eastdoc"), address(path)
    study, series = where.partition("/series/")[0], where.partition("/instances/")[0]
    for gone in (
        study, series, where, f"{study}/metadata", f"{series}/metadata", f"{where}/metadata",
        f"{where}/frames/1", f"{where}/rendered", f"{where}/frames/1/rendered", f"{where}/thumbnail",
        f"{series}/thumbnail", f"{study}/thumbnail", f"{where}/bulkdata/00091001",
    ):  # fmt: skip
        before = audited("eastdoc")
        assert doctor.get(gone).status_code == 404, gone
        assert [row[2] for row in audited("eastdoc")[len(before) :]] == ["not-yours"], gone
    for empty in ("/dicom-web/studies", "/dicom-web/series", "/dicom-web/instances", f"{study}/series"):
        assert doctor.get(empty).status_code == 204, empty


def test_a_township_has_no_dicomweb_and_a_stranger_none_either(app, browser, ct):
    assert browser("eastclinic").get(address(ct)).status_code == 404
    assert browser("eastclinic").get("/dicom-web/studies").status_code == 403
    assert app.test_client().get("/dicom-web/studies").status_code == 401


@pytest.mark.parametrize("uid", ["../../etc", "1.2;drop", "1" * 65, "%00", "x"])
def test_a_uid_that_is_none_finds_nothing(li, uid):
    assert li.get(f"/dicom-web/studies/{uid}/metadata").status_code in (400, 404)


def test_what_counts_as_a_view_is_audited_once_and_each_download_by_itself(li, ct, audited):
    where = address(ct)
    for _ in range(3):
        li.get(f"{where}/frames/1")
        li.get(f"{where}/rendered")
    assert audited("li").count(("view", "study:1", "ok")) == 1
    for _ in range(2):
        li.get(where)
    assert audited("li").count(("download", f"instance:{where.split('/')[-1]}", "ok")) == 2


def test_pictures_of_a_case_that_was_opened_belong_to_that_view(li, ct, audited):
    li.send("GET", "/studies/1/case.json")
    li.get(f"{address(ct)}/frames/1")
    assert audited("li").count(("view", "study:1", "ok")) == 1


def test_bulk_data_is_found_by_its_tag(li, keep):
    path = sample("examples_palette.dcm")
    keep(path)
    answer = li.get(f"{address(path)}/bulkdata/00281201")
    ((_head, content),) = parts(answer)
    assert content == pydicom.dcmread(path).RedPaletteColorLookupTableData
    assert li.get(f"{address(path)}/bulkdata/00100010").status_code == 404
    assert li.get(f"{address(path)}/bulkdata/zzz").status_code == 404


def test_an_ecg_is_drawn_to_scale_for_its_study_alone(li, browser, keep):
    path = sample("waveform_ecg.dcm")
    uid = keep(path)
    drawn = li.get(f"/studies/1/ecg.svg?instance={uid}&layout=12x1&speed=50&gain=20")
    assert drawn.mimetype == "image/svg+xml" and 'data-speed="50"' in drawn.text
    assert li.get("/studies/1/ecg.svg?instance=1.2.3").status_code == 404
    assert li.get(f"/studies/1/ecg.svg?instance={uid}&layout=9x9").status_code == 400
    assert li.get(f"/studies/1/ecg.svg?instance={uid}&speed=nan").status_code == 400
    assert browser("westclinic").get(f"/studies/1/ecg.svg?instance={uid}").status_code == 404


def test_a_film_is_no_ecg(li, ct):
    answer = li.send("GET", f"/studies/1/ecg.svg?instance={address(ct).split('/')[-1]}")
    assert (answer.status_code, answer.json["error"]) == (422, "no-ecg")
