"""A DICOMweb client that we did not write finds and reads what was received."""

import io

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.pixels import pixel_array

from tests.web.test_dicomweb import sample
from tests.web.test_server import server

dicomweb_client = pytest.importorskip("dicomweb_client")
requests = pytest.importorskip("requests")

__all__ = ["server"]


@pytest.fixture
def client(server):
    session = requests.Session()
    name, _, value = server.login("li").partition("=")
    session.cookies.set(name, value)
    return dicomweb_client.DICOMwebClient(f"http://127.0.0.1:{server.port}/dicom-web", session=session)


def test_it_walks_from_the_search_to_the_pixels(client, keep):
    path = sample("CT_small.dcm")
    keep(path)
    original = dcmread(path)
    (study,) = client.search_for_studies(search_filters={"PatientID": original.PatientID})
    uid = study["0020000D"]["Value"][0]
    (series,) = client.search_for_series(uid)
    (instance,) = client.search_for_instances(uid, series["0020000E"]["Value"][0])
    names = (uid, series["0020000E"]["Value"][0], instance["00080018"]["Value"][0])
    (said,) = client.retrieve_series_metadata(*names[:2])
    assert Dataset.from_json(said).Rows == original.Rows
    received = client.retrieve_instance(*names, media_types=(("application/dicom", "*"),))
    assert received.PixelData == original.PixelData
    (frame,) = client.retrieve_instance_frames(*names, frame_numbers=[1])
    assert frame == original.PixelData
    picture = client.retrieve_instance_rendered(*names, media_types=("image/jpeg",))
    assert Image.open(io.BytesIO(picture)).size == (original.Columns, original.Rows)
    assert len(client.retrieve_study(uid, media_types=(("application/dicom", "*"),))) == 1


def test_it_reads_compressed_frames_as_they_are_stored(client, keep):
    path = sample("MR_small_jp2klossless.dcm")
    uid = keep(path)
    original = dcmread(path)
    names = (original.StudyInstanceUID, original.SeriesInstanceUID, uid)
    (stored,) = client.retrieve_instance_frames(
        *names, frame_numbers=[1], media_types=(("image/jp2", "1.2.840.10008.1.2.4.90"),)
    )
    assert stored[:4] == b"\xff\x4f\xff\x51"
    (plain,) = client.retrieve_instance_frames(*names, frame_numbers=[1])
    assert np.array_equal(np.frombuffer(plain, "<i2").reshape(64, 64), pixel_array(path))
