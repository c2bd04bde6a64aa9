"""One frame read by itself is the frame that the whole object holds."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.data import get_testdata_file
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from dicom.decoding import decoded_frame, frame_count
from dicom.errors import NotAPicture
from dicom.load import load_dataset
from dicom.make.person import Person
from dicom.one_frame import holding_frame
from dicom.pixels import rendered_jpeg
from dicom.write.frame import part10
from tests.plugins.ultrasound import loop

PERSON = Person("V3", "Gan^San=肝^三", "F", "19700506")
NATIVE = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)


@pytest.fixture(params=NATIVE, ids=("explicit", "implicit"))
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    dataset = loop(PERSON, 7)
    dataset.file_meta.TransferSyntaxUID = request.param
    place = tmp_path / "loop.dcm"
    dataset.save_as(place, enforce_file_format=True)
    return place


def test_a_frame_of_a_loop_is_read_by_itself(path: Path) -> None:
    whole = load_dataset(path)
    for frame in range(7):
        one, index = holding_frame(path, frame)
        assert (index, frame_count(one), len(one.PixelData)) == (0, 1, len(whole.PixelData) // 7)
        assert np.array_equal(decoded_frame(one, 0).samples, decoded_frame(whole, frame).samples)
        assert rendered_jpeg(one, 0, 200, None) == rendered_jpeg(whole, frame, 200, None)


@pytest.mark.parametrize("frame", [-1, 7])
def test_there_is_no_frame_beyond_the_last(path: Path, frame: int) -> None:
    with pytest.raises(NotAPicture, match="no frame"):
        holding_frame(path, frame)


def test_a_loop_that_ends_too_early_says_so(path: Path) -> None:
    cut = path.read_bytes()[:-400_000]
    path.write_bytes(cut)
    assert len(holding_frame(path, 0)[0].PixelData) > 0
    with pytest.raises(NotAPicture, match="end before"):
        holding_frame(path, 6)


@pytest.mark.parametrize(
    "name",
    ["rtdose.dcm", "rtdose_expb.dcm", "rtdose_rle.dcm", "SC_rgb_rle_2frame.dcm", "examples_ybr_color.dcm"],
)
def test_frames_of_other_objects_are_the_same_both_ways(name: str) -> None:
    found = Path(str(get_testdata_file(name)))
    whole = load_dataset(found)
    for frame in range(frame_count(whole)):
        one, index = holding_frame(found, frame)
        assert np.array_equal(decoded_frame(one, index).samples, decoded_frame(whole, frame).samples)


def test_each_frame_keeps_the_window_of_its_own(tmp_path: Path) -> None:
    dataset = loop(PERSON, 3)
    dataset.PerFrameFunctionalGroupsSequence = [_windowed(center) for center in (10, 20, 30)]
    place = tmp_path / "loop.dcm"
    place.write_bytes(part10(dataset))
    one, _ = holding_frame(place, 2)
    (group,) = one.PerFrameFunctionalGroupsSequence
    assert group.FrameVOILUTSequence[0].WindowCenter == 30


def _windowed(center: int) -> Dataset:
    group, window = Dataset(), Dataset()
    window.WindowCenter, window.WindowWidth = center, 100
    group.FrameVOILUTSequence = [window]
    return group
