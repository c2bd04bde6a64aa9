"""Lossy 12-bit JPEG (process 4), which old CR and DR machines send and pydicom's decoders leave out."""

import gdcm
import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import JPEGExtended12Bit

PIXEL_DATA = gdcm.Tag(0x7FE0, 0x0010)
WORD_BITS = 16


def is_jpeg12(dataset: Dataset) -> bool:
    """Whether the pixels are grey and in JPEG Extended with more than 8 bits."""
    return (
        dataset.file_meta.TransferSyntaxUID == JPEGExtended12Bit
        and int(dataset.get("SamplesPerPixel") or 1) == 1
        and int(dataset.get("BitsAllocated") or 0) == WORD_BITS
        and int(dataset.get("BitsStored") or 0) > 8
    )


def decoded_jpeg12(encoded: bytes, dataset: Dataset) -> np.ndarray:
    """Return one frame as uint16 or int16 [rows, columns]. Raises ValueError when GDCM cannot decode it."""
    signed = int(dataset.get("PixelRepresentation") or 0)
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((dataset.Columns, dataset.Rows, 1))
    image.SetDataElement(_pixel_element(encoded))
    grey = gdcm.PhotometricInterpretation.GetPIType(str(dataset.PhotometricInterpretation))
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
    syntax = gdcm.TransferSyntax.GetTSType(str(JPEGExtended12Bit))
    image.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    bits = int(dataset.BitsStored)
    image.SetPixelFormat(gdcm.PixelFormat(1, WORD_BITS, bits, bits - 1, signed))
    buffer = image.GetBuffer()
    if buffer is None:
        raise ValueError("the 12-bit JPEG is broken")
    words = np.frombuffer(buffer.encode("utf-8", "surrogateescape"), "<i2" if signed else "<u2")
    return words.reshape(dataset.Rows, dataset.Columns)


def _pixel_element(encoded: bytes) -> "gdcm.DataElement":
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(encoded)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(PIXEL_DATA)
    element.SetValue(fragments.__ref__())
    return element
