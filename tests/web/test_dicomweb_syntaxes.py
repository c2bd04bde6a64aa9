"""What a client may ask for beyond objects as stored: transfer syntaxes, pages of answers, more fields."""

import io

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.pixels import get_decoder, pixel_array
from pydicom.uid import HTJ2K, ExplicitVRLittleEndian, HTJ2KLossless, ImplicitVRLittleEndian, JPEGLSLossless

from dicom.errors import NotAPicture
from dicom.htj2k import htj2k_frame
from dicom.transcode import transcoded_file
from tests.web.test_dicomweb import address, parts, sample

__all__ = ["sample"]


def asked(syntax):
    return {"Accept": f'multipart/related; type="application/dicom"; transfer-syntax={syntax}'}


@pytest.mark.parametrize(
    "name", ["MR_small_jp2klossless.dcm", "CT_small.dcm", "SC_rgb_jpeg_dcmtk.dcm", "examples_ybr_color.dcm"]
)
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, JPEGLSLossless, HTJ2KLossless, HTJ2K])
def test_a_whole_object_is_written_in_the_syntax_asked_for_with_the_same_pixels(
    li, keep, program, name, syntax
):
    if syntax in (HTJ2KLossless, HTJ2K):
        program("ojph_compress")
    path = sample(name)
    keep(path)
    answer = li.get(address(path), headers=asked(syntax))
    assert answer.status_code == 200, answer.text
    ((head, content),) = parts(answer)
    came, original = dcmread(io.BytesIO(content)), dcmread(path)
    assert came.file_meta.TransferSyntaxUID == syntax and f"transfer-syntax={syntax}".encode() in head
    assert came.SOPInstanceUID == original.SOPInstanceUID
    frames = int(original.get("NumberOfFrames") or 1)
    assert np.array_equal(pixel_array(came, index=frames - 1), pixel_array(path, index=frames - 1))


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL"])
@pytest.mark.parametrize("planar", [0, 1])
def test_uncompressed_colours_are_as_they_were_in_another_byte_layout(
    li, keep, tmp_path, photometric, planar
):
    original, path = dcmread(sample("examples_rgb_color.dcm")), tmp_path / "implicit.dcm"
    original.PhotometricInterpretation, original.PlanarConfiguration = photometric, planar
    original.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    original.save_as(path, implicit_vr=True, little_endian=True)
    keep(path)
    ((_, content),) = parts(li.get(address(path), headers=asked(ExplicitVRLittleEndian)))
    came = dcmread(io.BytesIO(content))
    assert came.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert np.array_equal(pixel_array(came), pixel_array(path))


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, JPEGLSLossless])
def test_a_big_endian_object_is_written_with_the_same_pixels(li, keep, syntax):
    path = sample("MR_small_bigendian.dcm")
    keep(path)
    ((_, content),) = parts(li.get(address(path), headers=asked(syntax)))
    assert np.array_equal(pixel_array(dcmread(io.BytesIO(content))), pixel_array(path))


def test_as_stored_is_the_bytes_and_any_syntax_means_as_stored(li, keep):
    path = sample("MR_small_jp2klossless.dcm")
    keep(path)
    for syntax in ("*", "1.2.840.10008.1.2.4.90"):
        ((head, content),) = parts(li.get(address(path), headers=asked(syntax)))
        assert (
            b"1.2.840.10008.1.2.4.90" in head
            and dcmread(io.BytesIO(content)).PixelData == dcmread(path).PixelData
        )


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.90", "1.2.3"])
def test_a_syntax_that_nothing_here_writes_is_refused_in_words(li, keep, syntax):
    path = sample("CT_small.dcm")
    keep(path)
    answer = li.get(address(path), headers=asked(syntax))
    assert answer.status_code == 406 and answer.json["message"]


def test_without_its_encoder_htj2k_is_refused_and_the_encoder_named(li, keep, monkeypatch, tmp_path):
    path = sample("CT_small.dcm")
    keep(path)
    monkeypatch.setenv("PATH", str(tmp_path))
    for where, headers in (
        (address(path), asked(HTJ2KLossless)),
        (f"{address(path)}/frames/1", {"Accept": 'multipart/related; type="image/jphc"'}),
    ):
        answer = li.get(where, headers=headers)
        assert answer.status_code == 406 and "openjph-tools" in answer.json["message"]


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_htj2k_keeps_every_sample_at_the_ends_of_its_range(program, bits, signed):
    program("ojph_compress")
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    kind = f"{'i' if signed else 'u'}{1 if bits == 8 else 2}"
    samples = np.random.default_rng(bits).integers(low, high, (37, 53), endpoint=True).astype(kind)
    samples[0, :2] = low, high
    options = {
        "rows": 37, "columns": 53, "samples_per_pixel": 1, "number_of_frames": 1, "bits_stored": bits,
        "bits_allocated": 8 * samples.dtype.itemsize, "pixel_representation": int(signed),
        "photometric_interpretation": "MONOCHROME2", "pixel_keyword": "PixelData",
    }  # fmt: skip
    coded = encapsulate([htj2k_frame(samples, bits)])
    assert np.array_equal(get_decoder(HTJ2KLossless).as_array(coded, **options)[0], samples)
    with pytest.raises(NotAPicture, match="more bits"):
        htj2k_frame(samples, bits - 1)


def test_frames_are_written_in_htj2k_for_who_takes_that(li, keep, program):
    program("ojph_compress")
    path = sample("CT_small.dcm")
    keep(path)
    answer = li.get(f"{address(path)}/frames/1", headers={"Accept": 'multipart/related; type="image/jphc"'})
    ((head, content),) = parts(answer)
    assert b"image/jphc; transfer-syntax=1.2.840.10008.1.2.4.201" in head
    assert content[:4] == b"\xff\x4f\xff\x51"


def test_an_object_stored_in_htj2k_comes_as_it_is_stored_and_uncompressed(li, keep, program, tmp_path):
    program("ojph_compress")
    stored, original = tmp_path / "stored.dcm", dcmread(sample("CT_small.dcm"))
    stored.write_bytes(transcoded_file(dcmread(sample("CT_small.dcm")), HTJ2KLossless))
    keep(stored)
    for syntax in (HTJ2KLossless, ExplicitVRLittleEndian):
        ((_, content),) = parts(li.get(address(stored), headers=asked(syntax)))
        came = dcmread(io.BytesIO(content))
        assert came.file_meta.TransferSyntaxUID == syntax
        assert np.array_equal(came.pixel_array, original.pixel_array)
    (frame,) = parts(
        li.get(f"{address(stored)}/frames/1", headers={"Accept": 'multipart/related; type="image/jphc"'})
    )
    assert frame[1][:4] == b"\xff\x4f\xff\x51"


def test_frames_are_written_in_jpeg_ls_for_who_takes_that(li, keep):
    path = sample("CT_small.dcm")
    keep(path)
    answer = li.get(f"{address(path)}/frames/1", headers={"Accept": 'multipart/related; type="image/jls"'})
    ((head, content),) = parts(answer)
    assert b"image/jls; transfer-syntax=1.2.840.10008.1.2.4.80" in head
    original = dcmread(path)
    options = {
        "rows": original.Rows, "columns": original.Columns, "samples_per_pixel": 1, "number_of_frames": 1,
        "bits_allocated": 16, "bits_stored": original.BitsStored, "pixel_representation": 1,
        "photometric_interpretation": "MONOCHROME2", "pixel_keyword": "PixelData",
    }  # fmt: skip
    samples, _ = get_decoder(JPEGLSLossless).as_array(encapsulate([content]), **options)
    assert np.array_equal(samples, pixel_array(path))


@pytest.mark.parametrize("level", ["series", "study"])
def test_a_series_and_a_study_are_rendered_whole(li, keep, level):
    path = sample("CT_small.dcm")
    keep(path)
    where = address(path).partition("/instances/" if level == "series" else "/series/")[0]
    ((head, content),) = parts(li.get(f"{where}/rendered?viewport=64,64"))
    assert b"image/jpeg" in head and Image.open(io.BytesIO(content)).size == (64, 64)


def test_answers_come_page_by_page_and_say_that_there_are_more(li, ready):
    for number in range(5):
        ready(study=f"1.2.{number}")
    seen = []
    for offset in (0, 2, 4):
        answer = li.get(f"/dicom-web/studies?limit=2&offset={offset}")
        seen += [one["0020000D"]["Value"][0] for one in answer.json]
        more = "additional results" in answer.headers.get("Warning", "")
        assert more is (offset < 4)
    assert sorted(seen) == [f"1.2.{number}" for number in range(5)]
    assert li.get("/dicom-web/studies?limit=2&offset=6").status_code == 204


def test_fuzzy_matching_is_declined_in_the_standards_words(li, ready):
    ready(name="张三")
    answer = li.get("/dicom-web/studies?fuzzymatching=true&PatientName=张三")
    assert len(answer.json) == 1 and "fuzzymatching parameter is not supported" in answer.headers["Warning"]
    assert "Warning" not in li.get("/dicom-web/studies?fuzzymatching=false").headers


@pytest.mark.parametrize(
    "wanted",
    ["includefield=00080020&includefield=PatientID", "includefield=StudyDate,PatientID", "includefield=all"],
)
def test_fields_of_the_study_are_added_to_its_series_where_asked_for(li, keep, wanted):
    path = sample("CT_small.dcm")
    keep(path)
    study, original = address(path).partition("/series/")[0], dcmread(path)
    (one,) = li.get(f"{study}/series?{wanted}").json
    assert one["00080020"]["Value"] == [original.StudyDate] and one["00100020"]["Value"] == [
        original.PatientID
    ]
    assert "00080020" not in li.get(f"{study}/series").json[0]


def test_a_study_that_is_arriving_is_in_no_answer_but_its_pictures_can_be_looked_at(li, keep, arrive):
    arrive(study="1.2.77", sop="1.2.77.1")
    assert li.get("/dicom-web/studies").status_code == 204
    assert li.get("/dicom-web/studies/1.2.77/series").status_code == 204


def test_a_picture_is_drawn_once_and_another_size_or_window_is_another_picture(li, keep, store):
    path = sample("CT_small.dcm")
    keep(path)
    asked = [
        f"{address(path)}/rendered{more}" for more in ("", "?viewport=64,64", "?viewport=64,64&window=40,400")
    ]
    first = [li.get(one).data for one in asked]
    kept = list((store.settings.data_dir / "pictures").rglob("*.jpg"))
    assert len(set(first)) == len(kept) == 3
    assert [li.get(one).data for one in asked] == first
    for one in kept:
        one.write_bytes(b"drawn before")
    assert li.get(asked[0]).data == b"drawn before"
