"""Bulk data by the addresses that metadata gives: what comes is the value, whatever it was stored in."""

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate
from pydicom.pixels import pixel_array

from tests.plugins.peers import slice_of, written
from tests.web.test_dicomweb import address, parts, sample
from tests.web.test_dicomweb_client import client
from tests.web.test_server import server

__all__ = ["client", "server"]

OCTETS = {"Accept": 'multipart/related; type="application/octet-stream"'}


def value_of(browser, path, tag):
    ((head, content),) = parts(browser.get(f"{address(path)}/bulkdata/{tag}", headers=OCTETS))
    assert head.decode().strip() == "Content-Type: application/octet-stream"
    return content


@pytest.mark.parametrize(
    "name",
    [
        "CT_small.dcm", "MR_small_bigendian.dcm", "MR_small_RLE.dcm", "MR_small_jp2klossless.dcm",
        "SC_rgb_rle_2frame.dcm", "examples_rgb_color.dcm", "examples_ybr_color.dcm", "SC_rgb_jpeg_dcmtk.dcm",
    ],
)  # fmt: skip
def test_pixels_as_bulk_data_are_the_samples_that_the_metadata_describes(li, keep, name):
    path = sample(name)
    keep(path)
    content = value_of(li, path, "7FE00010")
    (said,) = li.get(f"{address(path)}/metadata").json
    described = Dataset.from_json({**said, "7FE00010": {"vr": "OW"}})
    planar = described.get("PlanarConfiguration", 0) == 1
    wanted = pixel_array(path)
    shape = (described.get("NumberOfFrames", 1), described.Rows, described.Columns, described.SamplesPerPixel)
    if planar:
        shape = (shape[0], shape[3], *shape[1:3])
    came = np.frombuffer(content[: wanted.nbytes], wanted.dtype.newbyteorder("<")).reshape(shape)
    came = came.transpose(0, 2, 3, 1) if planar else came
    assert len(content) == wanted.nbytes + wanted.nbytes % 2
    assert np.array_equal(came.reshape(wanted.shape), wanted)


def test_words_of_a_big_endian_object_are_turned(li, keep, tmp_path):
    path = sample("MR_small_bigendian.dcm")
    keep(path)
    dataset = dcmread(path)
    assert value_of(li, path, "7FE00010") != dataset.PixelData
    assert np.frombuffer(value_of(li, path, "7FE00010"), "<i2").tolist() == pixel_array(path).ravel().tolist()


def test_pixels_that_cannot_be_decoded_are_refused_in_words(li, keep, tmp_path):
    broken = dcmread(sample("MR_small_jp2klossless.dcm"))
    broken.PixelData = encapsulate([b"no codestream"])
    keep(written(broken, tmp_path / "broken.dcm"))
    answer = li.get(f"{address(tmp_path / 'broken.dcm')}/bulkdata/7FE00010", headers=OCTETS)
    assert answer.status_code == 406 and answer.json["message"]


def test_bulk_data_is_given_as_octets_only(li, keep):
    path = sample("CT_small.dcm")
    keep(path)
    where = f"{address(path)}/bulkdata/7FE00010"
    assert li.get(where, headers={"Accept": 'multipart/related; type="image/jls"'}).status_code == 406
    assert li.get(where, headers={"Accept": "*/*"}).status_code == 200


@pytest.mark.parametrize("name", ["CT_small.dcm", "examples_ybr_color.dcm", "SC_rgb_rle_2frame.dcm"])
def test_a_foreign_client_reads_every_frame_by_the_address_in_the_metadata(client, li, keep, name):
    path = sample(name)
    uid = keep(path)
    original = dcmread(path)
    names = (original.StudyInstanceUID, original.SeriesInstanceUID, uid)
    said = client.retrieve_instance_metadata(*names)
    where = said["7FE00010"]["BulkDataURI"]
    host = client.base_url.removesuffix("/dicom-web")
    came = b"".join(client.retrieve_bulkdata(host + where))
    assert len(came) == pixel_array(path).nbytes


def test_a_native_loop_of_more_frames_than_are_given_at_once_comes_whole(li, keep, tmp_path):
    loop = slice_of(1, Rows=4, Columns=4, NumberOfFrames=600, PixelData=bytes(range(256)) * 75)
    path = written(loop, tmp_path / "loop.dcm")
    keep(path)
    (said,) = li.get(f"{address(path)}/metadata").json
    ((_, content),) = parts(li.get(said["7FE00010"]["BulkDataURI"]))
    assert content == loop.PixelData
