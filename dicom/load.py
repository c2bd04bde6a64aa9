"""A whole object from its file, with what a hostile one may cost kept in bounds."""

import logging
import warnings
import zlib
from io import BytesIO
from pathlib import Path

import pydicom
from pydicom import config
from pydicom.dataset import Dataset
from pydicom.uid import UID

from dicom.elements import DEFLATED, EXPLICIT_LITTLE
from dicom.errors import Unreadable
from dicom.part10 import Place, data_set_place, part10_head

#: A deflated object that inflates beyond this is not opened.
INFLATED_LIMIT = 512 * 1024 * 1024

# pydicom's warnings quote values, which may be a patient's; odd values are read as they are.
config.settings.reading_validation_mode = config.IGNORE
logging.getLogger("pydicom").setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", module="pydicom")


def load_dataset(path: Path, with_pixels: bool = True) -> Dataset:
    """Return the object in the file, without its pixels unless `with_pixels`.

    Raises Unreadable with a sentence for whatever cannot be opened, and OSError when the file is not there.
    """
    with path.open("rb") as file:
        place = data_set_place(file.read(1024 * 1024))
    try:
        source = BytesIO(_inflated(path, place)) if place.transfer_syntax == DEFLATED else path
        return _with_syntax(pydicom.dcmread(source, force=True, stop_before_pixels=not with_pixels), place)
    except Unreadable:
        raise
    except RecursionError:
        raise Unreadable("the sequences are nested too deeply") from None
    except Exception as error:  # pydicom raises whatever a broken byte leads it to
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise Unreadable(f"the data set cannot be read: {type(error).__name__}") from None


def _with_syntax(dataset: Dataset, place: Place) -> Dataset:
    """A bare data set is in the syntax that its bytes show."""
    if "TransferSyntaxUID" not in dataset.file_meta:
        dataset.file_meta.TransferSyntaxUID = UID(place.transfer_syntax)
    return dataset


def _inflated(path: Path, place: Place) -> bytes:
    """Return a deflated file as an explicit little endian one, refusing a bomb."""
    packed = path.read_bytes()[place.offset :]
    data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, INFLATED_LIMIT + 1)
    if len(data) > INFLATED_LIMIT:
        raise Unreadable(f"the deflated data set is larger than {INFLATED_LIMIT >> 20} MiB")
    return part10_head("", "", EXPLICIT_LITTLE, {}) + data
