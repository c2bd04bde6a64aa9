"""One frame of stored pixels out of any transfer syntax, never larger than it says and we allow."""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels import get_decoder
from pydicom.uid import UID

from dicom.decode_apart import decoded_apart
from dicom.errors import NotAPicture

#: Samples in one frame: four times the largest mammogram or stitched spine at hand.
SAMPLE_LIMIT = 128 * 1024 * 1024
PIXEL_KEYWORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
JPEG_START, J2K_START = b"\xff\xd8", b"\xff\x4f\xff\x51"
#: Start-of-frame markers of ITU-T T.81 table B.1 and T.87 C.2.2; C4, C8 and CC are no frames.
FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
STANDALONE_MARKERS = frozenset(range(0xD0, 0xD9)) | {0x01}


@dataclass(frozen=True)
class Frame:
    """Stored samples [rows, columns] or [rows, columns, 3], and the colours they are now in."""

    samples: np.ndarray
    photometric: str


def decoded_frame(dataset: Dataset, frame: int) -> Frame:
    """Return frame number `frame`, counted from 0; YBR has become RGB, bits beyond BitsStored are as stored.

    Raises NotAPicture when there is none, it is too large, or no decoder here can do it.
    """
    _checked(dataset, frame)
    syntax = _readable(UID(dataset.file_meta.TransferSyntaxUID))
    options = _options(dataset)
    if syntax.is_encapsulated:
        encoded = _checked_codestream(dataset, frame)
        return Frame(*decoded_apart(encoded, str(syntax), options))
    as_stored: dict[str, Any] = {"view_only": True, "correct_unused_bits": False}
    as_stored["pixel_representation"] = options["pixel_representation"]
    samples, properties = get_decoder(syntax).as_array(dataset, index=frame, **as_stored)
    return Frame(samples, str(properties["photometric_interpretation"]))


def _readable(syntax: UID) -> UID:
    """Return the syntax if some decoder here knows it."""
    try:
        get_decoder(syntax)
    except NotImplementedError:  # how pydicom says that it knows no decoder for a syntax
        raise NotAPicture(f"no decoder here reads {syntax.name}") from None
    return syntax


def _options(dataset: Dataset) -> dict[str, Any]:
    """Return what pydicom's decoders must know of a frame; a missing PixelRepresentation means unsigned."""
    allocated = int(dataset.get("BitsAllocated") or 0)
    return {
        "rows": int(dataset.Rows),
        "columns": int(dataset.Columns),
        "samples_per_pixel": int(dataset.get("SamplesPerPixel") or 1),
        "photometric_interpretation": str(dataset.get("PhotometricInterpretation") or ""),
        "bits_allocated": allocated,
        "bits_stored": int(dataset.get("BitsStored") or allocated),
        "pixel_representation": int(dataset.get("PixelRepresentation") or 0),
        "planar_configuration": int(dataset.get("PlanarConfiguration") or 0),
        "number_of_frames": 1,
        "pixel_keyword": "PixelData",
    }


def frame_count(dataset: Dataset) -> int:
    """Return NumberOfFrames, 1 where it is absent, zero or no number."""
    try:
        return max(1, int(dataset.get("NumberOfFrames") or 1))
    except (TypeError, ValueError):
        return 1


def _checked(dataset: Dataset, frame: int) -> None:
    if not any(keyword in dataset for keyword in PIXEL_KEYWORDS):
        raise NotAPicture("the object has no pixels")
    if not 0 <= frame < frame_count(dataset):
        raise NotAPicture(f"there is no frame {frame + 1}, only {frame_count(dataset)}")
    rows, columns = int(dataset.get("Rows") or 0), int(dataset.get("Columns") or 0)
    if rows < 1 or columns < 1:
        raise NotAPicture(f"a picture of {rows} rows and {columns} columns is none")
    if rows * columns * int(dataset.get("SamplesPerPixel") or 1) > SAMPLE_LIMIT:
        raise NotAPicture(f"a frame of {rows} × {columns} pixels is larger than this hub decodes")
    if "TransferSyntaxUID" not in getattr(dataset, "file_meta", {}):
        raise NotAPicture("the transfer syntax of the pixels is not said")


def _checked_codestream(dataset: Dataset, frame: int) -> bytes:
    """A decoder makes room for what the codestream claims: it must claim what the header says."""
    encoded = get_frame(dataset.PixelData, frame, number_of_frames=frame_count(dataset))
    size = codestream_size(encoded)
    if size is not None and size != (dataset.Rows, dataset.Columns):
        said = f"{dataset.Rows} × {dataset.Columns}"
        raise NotAPicture(f"the compressed frame is {size[0]} × {size[1]} where the header says {said}")
    return encoded


def codestream_size(encoded: bytes) -> tuple[int, int] | None:
    """Return (rows, columns) of a JPEG, JPEG-LS or JPEG 2000 codestream; None when it is none of them."""
    at = encoded.find(J2K_START, 0, 4096)
    if at >= 0 and len(encoded) >= at + 24:  # SIZ, ISO/IEC 15444-1 A.5.1
        right, lower, left, upper = struct.unpack_from(">4L", encoded, at + 8)
        return lower - upper, right - left
    return _jpeg_size(encoded) if encoded.startswith(JPEG_START) else None


def _jpeg_size(encoded: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(encoded) and encoded[at] == 0xFF:
        marker = encoded[at + 1]
        if marker in FRAME_MARKERS:
            return struct.unpack_from(">HH", encoded, at + 5)  # type: ignore[return-value]
        if marker == 0xFF:
            at += 1
        elif marker in STANDALONE_MARKERS:
            at += 2
        else:
            at += 2 + int.from_bytes(encoded[at + 2 : at + 4], "big")
    return None
