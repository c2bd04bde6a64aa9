"""Lossy 12-bit JPEG (process 4), which old CR and DR machines send and pydicom's decoders leave out."""

from typing import Any

import gdcm
import numpy as np
from pydicom.uid import JPEGExtended12Bit

PIXEL_DATA = gdcm.Tag(0x7FE0, 0x0010)
WORD_BITS = 16


def decoded_jpeg12(encoded: bytes, options: dict[str, Any]) -> np.ndarray:
    """Return one grey frame as uint16 or int16 [rows, columns]; `options` as pydicom's decoders take them.

    Raises ValueError when GDCM cannot decode it.
    """
    rows, columns, bits = options["rows"], options["columns"], options["bits_stored"]
    signed = options["pixel_representation"]
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((columns, rows, 1))
    image.SetDataElement(_pixel_element(encoded))
    colours = gdcm.PhotometricInterpretation.GetPIType(options["photometric_interpretation"])
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(colours))
    syntax = gdcm.TransferSyntax.GetTSType(str(JPEGExtended12Bit))
    image.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    image.SetPixelFormat(gdcm.PixelFormat(1, WORD_BITS, bits, bits - 1, signed))
    buffer = image.GetBuffer()
    if buffer is None:
        raise ValueError("the 12-bit JPEG is broken")
    words = np.frombuffer(buffer.encode("utf-8", "surrogateescape"), "<i2" if signed else "<u2")
    return words.reshape(rows, columns)


def _pixel_element(encoded: bytes) -> "gdcm.DataElement":
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(encoded)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(PIXEL_DATA)
    element.SetValue(fragments.__ref__())
    return element
