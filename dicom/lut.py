"""Look-up tables as they stand in Modality and VOI LUT sequences."""

from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

WHOLE_TABLE = 65536  # what 0 entries mean, PS3.3 C.11.1.1.1


@dataclass(frozen=True)
class Lut:
    """A table whose entry 0 belongs to the input `first`; inputs beyond its ends take the end's entry."""

    first: int
    data: np.ndarray
    bits: int

    def entries(self, values: np.ndarray) -> np.ndarray:
        """Return the table's entry for each value, as floats."""
        places = np.clip(np.rint(values) - self.first, 0, len(self.data) - 1).astype(np.intp)
        return self.data[places].astype(np.float64)

    def shares(self, values: np.ndarray) -> np.ndarray:
        """Return the entries as shares of the largest that the table's bits allow."""
        largest = max((1 << self.bits) - 1, int(self.data.max()))
        return self.entries(values) / largest


def first_lut(sequence: Sequence | None) -> Lut | None:
    """Return the first item's table, or None where there is none or it contradicts itself."""
    item = sequence[0] if sequence else None
    if item is None or "LUTDescriptor" not in item or "LUTData" not in item:
        return None
    count, first, bits = (int(number) for number in item.LUTDescriptor)
    count = count or WHOLE_TABLE
    data = _entries(item, count)
    if data is None or not 8 <= bits <= 16:
        return None
    return Lut(_signed(item, first), data[:count], bits)


def _entries(item: Dataset, count: int) -> np.ndarray | None:
    """LUTData comes as numbers, as words, or as bytes packed two to a word (PS3.3 C.11.1.1.1)."""
    raw = item.LUTData
    if isinstance(raw, bytes):
        data = np.frombuffer(raw, np.uint8 if len(raw) < 2 * count else "<u2")
    else:
        data = np.atleast_1d(np.asarray(raw)).astype(np.int64) & 0xFFFF
    return data if len(data) >= count else None


def _signed(item: Dataset, first: int) -> int:
    """The first input is signed where the descriptor was written so (VR SS)."""
    return first - 65536 if first > 32767 and item["LUTDescriptor"].VR == "SS" else first
