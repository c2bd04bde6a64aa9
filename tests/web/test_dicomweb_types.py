"""The media types and transfer syntaxes in which whole studies, attributes and stores are exchanged."""

import http.client
import io
import re

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.pixels import pixel_array
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless

from tests.plugins.peers import ROOT_UID, slice_of, written
from tests.web.test_dicomweb import parts, sample
from tests.web.test_dicomweb_store import KIND, file_of, stow
from tests.web.test_dicomweb_syntaxes import asked
from tests.web.test_server import server
from web.dicomweb import rendered, wado

__all__ = ["server"]

STUDY, SERIES = f"{ROOT_UID}.1", f"{ROOT_UID}.2"
SR = "1.2.840.10008.5.1.4.1.1.88.11"


@pytest.fixture
def one_slice(keep, tmp_path):
    keep(written(slice_of(1), tmp_path / "1.dcm"))


@pytest.fixture
def with_report(keep, tmp_path):
    """Keep a study of two slices with a report in a series of its own; return a way to choose its syntax."""

    def make(syntax=ExplicitVRLittleEndian):
        for number in (1, 2):
            keep(written(slice_of(number), tmp_path / f"{number}.dcm"))
        report = dcmread(sample("reportsi.dcm"))
        report.StudyInstanceUID, report.PatientID, report.PatientName = STUDY, "INVENTED-1", "Invented^Person"
        del report.PatientBirthDate, report.PatientSex
        report.file_meta.TransferSyntaxUID = syntax
        path = tmp_path / "report.dcm"
        report.save_as(path, implicit_vr=syntax.is_implicit_VR, little_endian=True, enforce_file_format=True)
        keep(path)
        return report

    return make


@pytest.mark.parametrize("stored", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_study_is_compressed_as_asked_and_its_report_comes_uncompressed(li, with_report, stored):
    report = with_report(stored)
    answer = li.get(f"/dicom-web/studies/{STUDY}", headers=asked(JPEGLSLossless))
    assert answer.status_code == 200, answer.text
    came = [dcmread(io.BytesIO(content)) for _, content in parts(answer)]
    heads = [head.decode() for head, _ in parts(answer)]
    assert len(came) == 3
    for head, one in zip(heads, came, strict=True):
        syntax = JPEGLSLossless if "PixelData" in one else ExplicitVRLittleEndian
        assert one.file_meta.TransferSyntaxUID == syntax
        assert head.endswith(f"application/dicom; transfer-syntax={syntax}")
        if "PixelData" in one:
            original = slice_of(int(one.InstanceNumber))
            assert np.array_equal(pixel_array(one), pixel_array(original))
        else:
            assert one.ContentSequence == report.ContentSequence
    series = f"/dicom-web/studies/{STUDY}/series/{report.SeriesInstanceUID}"
    assert li.get(series, headers=asked(JPEGLSLossless)).status_code == 200
    alone = f"{series}/instances/{report.SOPInstanceUID}"
    assert li.get(alone, headers=asked(JPEGLSLossless)).status_code == 406
    assert li.get(f"/dicom-web/studies/{STUDY}", headers=asked("1.2.3")).status_code == 406


def test_a_study_is_written_object_by_object_while_it_is_sent(li, with_report, monkeypatch):
    with_report()
    made = []
    real = wado.transcoded_file
    monkeypatch.setattr(wado, "transcoded_file", lambda *given: made.append(1) or real(*given))
    with li.client.get(
        f"/dicom-web/studies/{STUDY}", headers=asked(JPEGLSLossless), buffered=False
    ) as answer:
        assert answer.status_code == 200 and len(made) == 1
        assert len(b"".join(answer.response)) > 0 and len(made) >= 2


def test_a_study_of_which_a_later_object_cannot_be_written_does_not_end_as_if_it_were_whole(
    server, keep, tmp_path
):
    keep(written(slice_of(1), tmp_path / "1.dcm"))
    broken = slice_of(2, PixelData=encapsulate([b"no codestream"]))
    broken["PixelData"].VR, broken.file_meta.TransferSyntaxUID = "OB", JPEG2000Lossless
    keep(written(broken, tmp_path / "2.dcm"))
    cookie = server.login("li")
    answer = server.ask("GET", f"/dicom-web/studies/{STUDY}", Cookie=cookie, **asked(JPEGLSLossless))
    assert answer.status == 200
    with pytest.raises(http.client.IncompleteRead):
        answer.read()


@pytest.mark.parametrize("what", ["studies", "series", "instances", "metadata"])
@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("*/*", 200), ("application/json", 200), ("application/dicom+json", 200),
        ("text/html, application/json;q=0.5", 200), ("application/dicom+xml", 406), ("text/html", 406),
        ('multipart/related; type="application/dicom+xml"', 406),
    ],
)  # fmt: skip
def test_attributes_are_given_as_json_and_as_nothing_else(li, one_slice, what, accept, status):
    where = f"/dicom-web/studies/{STUDY}/metadata" if what == "metadata" else f"/dicom-web/{what}"
    answer = li.get(where, headers={"Accept": accept})
    assert answer.status_code == status
    assert answer.mimetype == ("application/dicom+json" if status == 200 else "application/json")


def test_what_is_asked_for_by_a_parameter_counts_before_the_header(li, one_slice):
    where = f"/dicom-web/studies/{STUDY}/series/{SERIES}/instances/{ROOT_UID}.3.1"
    browsers = {"Accept": "text/html,*/*;q=0.8"}
    alone = li.get(where, query_string={"accept": "application/dicom"}, headers=browsers)
    assert alone.mimetype == "application/dicom"
    whole = {"accept": asked(JPEGLSLossless)["Accept"]}
    ((head, _),) = parts(li.get(where, query_string=whole, headers=browsers))
    assert head.decode().endswith(JPEGLSLossless)
    frame = {"accept": 'multipart/related; type="image/jls"'}
    assert b"image/jls" in parts(li.get(f"{where}/frames/1", query_string=frame, headers=browsers))[0][0]
    for what, refused in (
        ("", "text/html"), ("/metadata", "application/dicom+xml"), ("/rendered", "image/png"),
        ("/frames/1", "image/png"), ("/bulkdata/7FE00010", "image/png"),
    ):  # fmt: skip
        assert li.get(where + what, query_string={"accept": refused}).status_code == 406, what
    search = li.get("/dicom-web/studies", query_string={"accept": "application/dicom+json"})
    assert search.status_code == 200 and "Warning" not in search.headers
    assert li.get("/dicom-web/studies", query_string={"accept": "text/html"}).status_code == 406


KINDS = [
    ("", "application/dicom"), ("/metadata", "application/dicom+json"), ("/rendered", "image/jpeg"),
    ("/frames/1", "application/octet-stream"), ("/bulkdata/7FE00010", "application/octet-stream"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "kind"), KINDS)
def test_the_header_counts_where_the_parameter_names_nothing_that_is_given(li, one_slice, what, kind):
    where = f"/dicom-web/studies/{STUDY}/series/{SERIES}/instances/{ROOT_UID}.3.1{what}"
    for header, status in (("*/*", 200), (kind, 200), ("image/png", 406), ("text/html", 406)):
        answer = li.get(where, query_string={"accept": "image/gif"}, headers={"Accept": header})
        assert answer.status_code == status, header


@pytest.fixture
def given(audited):
    """Return what was given, by the audit rows so far."""
    return lambda: [act for act, _thing, outcome in audited("li") if act != "login" and outcome == "ok"]


@pytest.mark.parametrize(("what", "kind"), [*KINDS, ("/thumbnail", "image/jpeg")])
def test_what_is_not_acceptable_is_no_download_and_no_view(li, one_slice, given, what, kind):
    where = f"/dicom-web/studies/{STUDY}/series/{SERIES}/instances/{ROOT_UID}.3.1{what}"
    before = given()
    assert li.get(where, headers={"Accept": "image/gif"}).status_code == 406
    if not what:
        assert li.get(where, headers=asked("1.2.3")).status_code == 406
    assert given() == before
    assert li.get(where, headers={"Accept": "*/*"}).status_code == 200
    assert given()[len(before) :] in (["download"], ["view"])


def test_what_holds_no_picture_is_no_view(li, with_report, given):
    report = with_report()
    alone = f"/dicom-web/studies/{STUDY}/series/{report.SeriesInstanceUID}/instances/{report.SOPInstanceUID}"
    before = given()
    for what in ("/rendered", "/thumbnail", "/frames/1"):
        assert li.get(alone + what).status_code == 406
    assert li.get(f"{alone}/bulkdata/7FE00010").status_code == 404
    assert given() == before


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ('multipart/related; type="application/dicom+json"; boundary=xyz', 415),
        ('multipart/related; type="application/dicom+xml"; boundary=xyz', 415),
        ('Multipart/Related; TYPE="application/dicom"; Boundary="xyz"', 200),
        ("multipart/related; boundary=xyz; type=application/dicom", 200), (KIND, 200),
    ],
)  # fmt: skip
def test_what_is_stored_is_dicom_files(browser, kind, status):
    assert stow(browser("eastclinic"), file_of(slice_of(1)), kind=kind).status_code == status


@pytest.mark.parametrize(("language", "words"), [("zh", "按序列或实例"), ("en", "by series or instance")])
def test_who_asks_for_too_many_pictures_is_told_how_many_and_what_to_do(
    li, with_report, monkeypatch, language, words
):
    monkeypatch.setattr(rendered, "MOST_RENDERED", 1)
    with_report()
    li.post("/language", lang=language)
    answer = li.get(f"/dicom-web/studies/{STUDY}/rendered")
    assert (answer.status_code, answer.json["error"]) == (413, "too-many-pictures")
    assert words in answer.json["message"] and re.findall(r"\d+", answer.json["message"]) == ["2", "1"]
