"""The answers of the standard that this room gives and reads, by name, each with its source."""

from typing import NamedTuple

# Answers to C-STORE, PS3.4 table B.2-1 and PS3.7 9.1.1.1.9.
SUCCESS = 0x0000
NOT_AUTHORISED = 0x0124
OUT_OF_RESOURCES = 0xA700
DATA_SET_MISMATCH = 0xA900
COERCED = 0xB000  # "coercion of data elements": the warning by which a sender learns that not all is well
CANNOT_UNDERSTAND = 0xC000
#: "Cannot understand" too; its own number says that the fault was in the hub.
FAULT_OF_OURS = 0xC001

# Answers to C-FIND, PS3.4 C.4.1.1.4.
PENDING = (0xFF00, 0xFF01)
FIND_CANNOT_UNDERSTAND = 0xC000


class Rejection(NamedTuple):
    """What an A-ASSOCIATE-RJ carries (PS3.8 table 9-21), and what it means in a sentence."""

    result: int
    source: int
    reason: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.sentence} ({self.result}, {self.source}, {self.reason})"


UNKNOWN_CONTEXT = Rejection(1, 1, 2, "application context not supported")
UNKNOWN_CALLING = Rejection(1, 1, 3, "calling AE title not recognised")
UNKNOWN_CALLED = Rejection(1, 1, 7, "called AE title not recognised")
CONGESTION = Rejection(2, 3, 1, "temporary congestion")

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"  # PS3.7 A.2.1
