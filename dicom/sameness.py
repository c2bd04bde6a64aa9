"""Whether an object says the same in two transfer syntaxes: elements by their bytes, the picture decoded."""

from collections.abc import Sequence, Set
from io import BytesIO

import numpy as np
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_sequence
from pydicom.pixels import pixel_array
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID, JPEGLSNearLossless

#: Syntaxes that lose something (PS3.5 A.4): a picture in one of them proves no sameness.
LOSSY = {
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", JPEGLSNearLossless,
    "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.93", "1.2.840.10008.1.2.4.203",
}  # fmt: skip
#: What an encoding decides: the picture's bytes, how they lie, how long things are (PS3.3 C.7.6.3).
OF_THE_ENCODING = {
    Tag(keyword)
    for keyword in (
        "PixelData", "PlanarConfiguration", "ExtendedOffsetTable", "ExtendedOffsetTableLengths",
        "EncapsulatedPixelDataValueTotalLength", "LengthToEnd", "DataSetTrailingPadding",
    )
}  # fmt: skip
PHOTOMETRIC = Tag("PhotometricInterpretation")
#: JPEG 2000 names the colour transform that its decoder takes back (PS3.5 8.2.4).
UNDONE = {b"YBR_RCT": b"RGB"}

#: Bytes of a number by value representation, which big endian turns round (PS3.5 7.3).
WIDTHS = {
    "US": 2, "SS": 2, "AT": 2, "OW": 2, "UL": 4, "SL": 4, "FL": 4, "OL": 4, "OF": 4,
    "FD": 8, "OD": 8, "SV": 8, "UV": 8, "OV": 8,
}  # fmt: skip
#: Value representations that are padded with a blank or a NUL, which says nothing (PS3.5 6.2).
TEXTS = frozenset(
    ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT")
)
UNKNOWN = "UN"
Element = DataElement | RawDataElement


def says_the_same(ours: Dataset, theirs: Dataset) -> bool:
    """Tell whether two objects differ in nothing but their transfer syntax; a doubt is a difference."""
    return _same_elements(ours, theirs, OF_THE_ENCODING) and _same_picture(ours, theirs)


def _same_elements(ours: Dataset, theirs: Dataset, leaving: Set[BaseTag] = frozenset()) -> bool:
    one, other = _elements(ours, leaving), _elements(theirs, leaving)
    return one.keys() == other.keys() and all(_same_element(one[tag], other[tag]) for tag in one)


def _elements(dataset: Dataset, leaving: Set[BaseTag]) -> dict[BaseTag, Element]:
    """Return the elements as they were read, without group lengths; sequences are taken apart."""
    read = {tag: dataset.get_item(tag) for tag in dataset.keys() - leaving if tag.element != 0}
    return {
        tag: dataset[tag] if _vr(element) == "SQ" else element
        for tag, element in read.items() if element is not None
    }  # fmt: skip


def _same_element(ours: Element, theirs: Element) -> bool:
    if _is_sequence(ours) or _is_sequence(theirs):
        pair = _items(ours), _items(theirs)
        return len(pair[0]) == len(pair[1]) and all(map(_same_elements, *pair))
    one, other = _value(ours), _value(theirs)
    if {_vr(ours), _vr(theirs)} & TEXTS:
        one, other = one.rstrip(b"\0 "), other.rstrip(b"\0 ")
    if ours.tag == PHOTOMETRIC:
        one, other = UNDONE.get(one, one), UNDONE.get(other, other)
    return one == other


def _vr(element: Element) -> str:
    """Return the value representation that stands there, else that of the dictionary (PS3.5 6.2.2)."""
    if element.VR not in (None, UNKNOWN):
        return str(element.VR)
    try:
        return dictionary_VR(element.tag)
    except KeyError:
        return UNKNOWN


def _is_sequence(element: Element) -> bool:
    return isinstance(element, DataElement) and element.VR == "SQ"


def _items(element: Element) -> Sequence[Dataset]:
    """Return a sequence's items; one of unknown representation lies there in implicit little endian."""
    if isinstance(element, DataElement):
        return list(element.value or ())
    value = element.value or b""
    return list(read_sequence(BytesIO(value), True, True, len(value), "iso8859"))


def _value(element: Element) -> bytes:
    """Return the value's bytes as little endian has them."""
    value = element.value or b""
    if isinstance(element, DataElement):  # SpecificCharacterSet, by which pydicom reads the others
        return "\\".join([value] if isinstance(value, str) else map(str, value)).encode()
    width = WIDTHS.get(str(element.VR), 1)
    if width == 1 or element.is_little_endian or len(value) % width:
        return value
    return np.frombuffer(value, f"u{width}").byteswap().tobytes()


def _same_picture(ours: Dataset, theirs: Dataset) -> bool:
    """Compare the samples as they are stored, in the colours that the decoders give."""
    if "PixelData" not in ours and "PixelData" not in theirs:
        return True
    syntaxes = {UID(ours.file_meta.TransferSyntaxUID), UID(theirs.file_meta.TransferSyntaxUID)}
    if syntaxes & LOSSY or "PixelData" not in ours or "PixelData" not in theirs:
        return False
    return bool(np.array_equal(_samples(ours), _samples(theirs)))


def _samples(dataset: Dataset) -> np.ndarray:
    """Return all samples; bits beyond BitsStored count where an overlay lies in them (PS3.5 8.1.2)."""
    return pixel_array(dataset, raw=True, correct_unused_bits=not _has_overlay_in_pixels(dataset))


def _has_overlay_in_pixels(dataset: Dataset) -> bool:
    tags = dataset.keys()
    groups = {tag.group for tag in tags if tag.group >> 8 == 0x60 and not tag.group % 2}
    return any((group, 0x3000) not in dataset for group in groups)
