"""One frame of a long loop, without reading the others."""

import mmap
from pathlib import Path

from pydicom import Dataset

from dicom.decoding import frame_count
from dicom.elements import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, Cut, layout_of, top_elements
from dicom.errors import NotAPicture
from dicom.load import load_dataset
from dicom.part10 import data_set_place

PIXEL_DATA = 0x7FE00010


def holding_frame(path: Path, frame: int) -> tuple[Dataset, int]:
    """Return an object that holds frame `frame` of the file, counted from 0, and its number in there.

    Of a loop of uncompressed frames only that one is read, and the object has no other; anything else is read
    whole. Raises NotAPicture where there is no such frame, else as `load_dataset` does.
    """
    header = load_dataset(path, with_pixels=False)
    frames, size = frame_count(header), _bytes_of_frame(header)
    if frames < 2 or not size:
        return load_dataset(path), frame
    if not 0 <= frame < frames:
        raise NotAPicture(f"there is no frame {frame + 1}, only {frames}")
    with path.open("rb") as file:
        begins = _begin_of_pixels(file.fileno())
        if begins is None:
            return load_dataset(path), frame
        file.seek(begins + frame * size)
        header.PixelData = file.read(size)
    if len(header.PixelData) < size:
        raise NotAPicture("the pixels end before this frame does")
    header.NumberOfFrames = 1
    of_frames = header.get("PerFrameFunctionalGroupsSequence")
    if of_frames:
        header.PerFrameFunctionalGroupsSequence = list(of_frames)[frame : frame + 1]
    return header, 0


def _bytes_of_frame(header: Dataset) -> int:
    """Return the bytes of a frame that lies in the file as it is; 0 where it does not, or ends on no byte."""
    if header.file_meta.get("TransferSyntaxUID", "") not in (IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG):
        return 0
    if str(header.get("PhotometricInterpretation", "")) == "YBR_FULL_422":
        return 0
    try:
        samples = int(header.Rows) * int(header.Columns) * int(header.get("SamplesPerPixel") or 1)
        bits = samples * int(header.BitsAllocated)
    except (AttributeError, TypeError, ValueError):
        return 0
    return bits // 8 if bits % 8 == 0 else 0


def _begin_of_pixels(descriptor: int) -> int | None:
    """Return where the value of PixelData begins in an uncompressed file, or None where that is not found."""
    with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as content:
        place = data_set_place(content)
        with memoryview(content) as whole, whole[place.offset :] as data:
            layout = layout_of(data[:16], place.transfer_syntax)
            before = 0
            try:
                for element in top_elements(data, layout):
                    if element.tag == PIXEL_DATA:
                        return place.offset + before + (12 if element.vr else 8)
                    before = element.end
            except Cut:
                return None
    return None
