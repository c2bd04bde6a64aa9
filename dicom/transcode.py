"""A stored object in another transfer syntax: uncompressed, or compressed without loss."""

from io import BytesIO
from typing import Any

import numpy as np
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import dcmwrite
from pydicom.pixels import get_encoder
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGLSLossless

from dicom import htj2k
from dicom.decoding import decoded_frame, frame_count
from dicom.errors import NotAPicture

#: Transfer syntaxes in which objects are written, besides the one in which each is stored.
WRITTEN = (str(ExplicitVRLittleEndian), str(JPEGLSLossless), *htj2k.SYNTAXES)

#: The bytes of one word of each value representation whose value is words (PS3.5 6.2).
WORDS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}


def transcoded_file(dataset: Dataset, syntax: str) -> bytes:
    """Return the whole object as a file in `syntax`, one of WRITTEN, with the same SOP Instance UID.

    Raises NotAPicture where its pixels cannot be decoded, or not be written so.
    """
    if not UID(dataset.file_meta.TransferSyntaxUID).is_little_endian:
        _turn_words(dataset)
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    if "PixelData" in dataset:
        _transcode(dataset, UID(syntax))
    elif UID(dataset.file_meta.TransferSyntaxUID) != UID(syntax) and syntax != ExplicitVRLittleEndian:
        raise NotAPicture("an object without pixels is not compressed")
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    written = DicomBytesIO()
    dcmwrite(written, dataset, enforce_file_format=True)
    return written.getvalue()


def encoded_frame(dataset: Dataset, number: int, syntax: str = str(JPEGLSLossless)) -> bytes:
    """Return frame `number`, counted from 0, in `syntax`, a compressed one of WRITTEN. Raises NotAPicture."""
    samples = _samples(dataset, number)
    if syntax in htj2k.SYNTAXES:
        return htj2k.htj2k_frame(samples, int(dataset.BitsStored))
    return _jpeg_ls(dataset, samples)


def _transcode(dataset: Dataset, syntax: UID) -> None:
    count = frame_count(dataset)
    if syntax.is_compressed:
        frames = [encoded_frame(dataset, number, syntax) for number in range(count)]
        dataset.PixelData = encapsulate(frames)
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
    elif UID(dataset.file_meta.TransferSyntaxUID).is_encapsulated:
        written = BytesIO()
        for number in range(count):
            samples = _samples(dataset, number)
            written.write(np.ascontiguousarray(samples, samples.dtype.newbyteorder("<")).tobytes())
        content = written.getvalue()
        dataset.PixelData = content + b"\0" * (len(content) % 2)
        dataset["PixelData"].VR = "OW" if int(dataset.BitsAllocated) > 8 else "OB"
        dataset["PixelData"].is_undefined_length = False
    else:
        return
    if int(dataset.get("SamplesPerPixel") or 1) > 1:
        dataset.PlanarConfiguration = 0
        if str(dataset.PhotometricInterpretation).startswith("YBR"):
            dataset.PhotometricInterpretation = "RGB"


def _turn_words(dataset: Dataset) -> None:
    """Make the words of binary values little endian: pydicom writes them in the order in which they came."""
    for element in dataset.iterall():
        if isinstance(element.value, bytes):
            element.value = turned_words(element)


def turned_words(element: DataElement) -> bytes:
    """Return a binary value of a big endian object with its words, if it is words, in little endian."""
    width = WORDS.get(element.VR)
    if not width:
        return bytes(element.value)
    return (
        np.frombuffer(element.value, f">u{width}", len(element.value) // width).astype(f"<u{width}").tobytes()
    )


def _samples(dataset: Dataset, number: int) -> np.ndarray:
    try:
        return decoded_frame(dataset, number).samples
    except NotAPicture:
        raise
    except Exception as error:  # decoders and broken elements raise whatever they like
        raise NotAPicture(f"the pixels cannot be decoded: {type(error).__name__}") from None


def _jpeg_ls(dataset: Dataset, samples: np.ndarray) -> bytes:
    options: dict[str, Any] = {
        "rows": int(dataset.Rows), "columns": int(dataset.Columns), "number_of_frames": 1,
        "samples_per_pixel": int(dataset.get("SamplesPerPixel") or 1),
        "bits_allocated": samples.dtype.itemsize * 8, "bits_stored": int(dataset.BitsStored),
        "pixel_representation": int(dataset.get("PixelRepresentation") or 0),
        "photometric_interpretation": "RGB" if samples.ndim == 3 else str(dataset.PhotometricInterpretation),
        "planar_configuration": 0,
    }  # fmt: skip
    try:
        return bytes(get_encoder(JPEGLSLossless).encode(np.ascontiguousarray(samples), **options))
    except Exception as error:  # encoders raise whatever they like
        raise NotAPicture(f"the pixels cannot be written in JPEG-LS: {type(error).__name__}") from None
