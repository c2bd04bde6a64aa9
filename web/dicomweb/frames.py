"""Frames for a viewer: as they are stored where it can decode them, else plain little endian samples."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels import get_decoder
from pydicom.uid import UID, ExplicitVRBigEndian, HTJ2KLossless, JPEGLSLossless, RLELossless

from dicom.decoding import SAMPLE_LIMIT, decoded_frame, frame_count
from dicom.errors import NotAPicture
from dicom.transcode import encoded_frame
from web.dicomweb.accept import EXPLICIT_LITTLE, FRAME_TYPES, OCTETS, asked_kinds, takes_as_stored
from web.dicomweb.multipart import Part
from web.dicomweb.opened import opened

MOST_FRAMES_AT_ONCE = 512
#: What frames are encoded in for a client that names the media type.
ENCODED = {"image/jls": str(JPEGLSLossless), "image/jphc": str(HTJ2KLossless)}


@dataclass(frozen=True)
class Frames:
    """What is sent: the media type of the parts, and the parts."""

    kind: str
    parts: list[Part]


def read_frames(path: Path, numbers: list[int], accept: str) -> Frames:
    """Return the frames with these numbers, counted from 1, in what `accept` asks for.

    Raises NotAPicture when there is no such frame, or it cannot be decoded.
    """
    found = [opened(path, number - 1) for number in numbers]
    for dataset, index in found:
        known = frame_count(dataset) if "PixelData" in dataset else 0
        if not 0 <= index < known:
            raise NotAPicture(f"there is no such frame: the object has {known}")
    syntax = UID(found[0][0].file_meta.TransferSyntaxUID)
    if syntax.is_encapsulated and takes_as_stored(accept, syntax):
        kind = FRAME_TYPES.get(syntax, OCTETS)
        stored = [get_frame(one.PixelData, n, number_of_frames=frame_count(one)) for one, n in found]
        return Frames(kind, [Part(f"{kind}; transfer-syntax={syntax}", one) for one in stored])
    for kind, written in ENCODED.items():
        if kind in asked_kinds(accept):
            coded = [encoded_frame(one, index, written) for one, index in found]
            return Frames(kind, [Part(f"{kind}; transfer-syntax={written}", one) for one in coded])
    plain = [_plain(one, syntax, index) for one, index in found]
    return Frames(OCTETS, [Part(f"{OCTETS}; transfer-syntax={EXPLICIT_LITTLE}", one) for one in plain])


def every_frame(dataset: Dataset) -> Iterator[bytes]:
    """Yield compressed pixels as plain samples, frame by frame: together the value of PixelData uncompressed.

    Raises NotAPicture where they cannot be decoded.
    """
    syntax, length = UID(dataset.file_meta.TransferSyntaxUID), 0
    for index in range(frame_count(dataset)):
        plain = _plain(dataset, syntax, index)
        length += len(plain)
        yield plain
    if length % 2:
        yield b"\0"


def becomes_rgb(dataset: Dataset) -> bool:
    """Tell whether a decoder gives RGB for these pixels, whatever colours the header names.

    True of every compressed colour picture but RLE, whose samples are stored as the header says.
    """
    syntax = UID(dataset.file_meta.TransferSyntaxUID)
    coloured = str(dataset.get("PhotometricInterpretation", "")).startswith("YBR")
    return syntax.is_encapsulated and syntax != RLELossless and coloured


def _plain(dataset: Dataset, syntax: UID, index: int) -> bytes:
    if syntax in (RLELossless, ExplicitVRBigEndian):
        return _planes(dataset, _undecoded_colours(dataset, syntax, index))
    if syntax.is_encapsulated:
        return _little(decoded_frame(dataset, index).samples)
    size = _native_size(dataset)
    frame = dataset.PixelData[index * size : (index + 1) * size]
    if len(frame) < size:
        raise NotAPicture("the pixels end before this frame does")
    return bytes(frame)


def _undecoded_colours(dataset: Dataset, syntax: UID, index: int) -> np.ndarray:
    decoded_frame(dataset, index)  # within bounds, and readable at all
    samples, _ = get_decoder(syntax).as_array(dataset, index=index, raw=True)
    return np.asarray(samples)


def _planes(dataset: Dataset, samples: np.ndarray) -> bytes:
    planar = samples.ndim == 3 and int(dataset.get("PlanarConfiguration") or 0) == 1
    return _little(samples.transpose(2, 0, 1) if planar else samples)


def _little(samples: np.ndarray) -> bytes:
    return np.ascontiguousarray(samples, dtype=samples.dtype.newbyteorder("<")).tobytes()


def _native_size(dataset: Dataset) -> int:
    """Return the bytes of one native frame (PS3.5 8.1.1); 4:2:2 keeps two of three samples."""
    samples = int(dataset.get("SamplesPerPixel") or 1)
    pixels = int(dataset.Rows) * int(dataset.Columns)
    if pixels * samples > SAMPLE_LIMIT or pixels < 1:
        raise NotAPicture("a frame of this size is not sent")
    bits = pixels * samples * int(dataset.BitsAllocated)
    if str(dataset.get("PhotometricInterpretation", "")) == "YBR_FULL_422":
        bits = bits * 2 // 3
    if bits % 8:
        raise NotAPicture("frames that do not end on a byte are not sent one by one")
    return bits // 8
