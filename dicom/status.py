"""The answers of the standard that this room gives and reads, by name, each with its source."""

from typing import NamedTuple

# Answers to C-STORE, PS3.4 table B.2-1 and PS3.7 9.1.1.1.9.
SUCCESS = 0x0000
CLASS_NOT_SUPPORTED = 0x0122
NOT_AUTHORISED = 0x0124
UNRECOGNISED_OPERATION = 0x0211  # PS3.7 C.5.21
OUT_OF_RESOURCES = 0xA700
DATA_SET_MISMATCH = 0xA900
COERCED = 0xB000  # "coercion of data elements": the warning by which a sender learns that not all is well
CANNOT_UNDERSTAND = 0xC000
#: "Cannot understand" too; its own number says that the fault was in the hub.
FAULT_OF_OURS = 0xC001

# Answers to DIMSE-N requests, PS3.7 annex C.
PROCESSING_FAILURE = 0x0110
DUPLICATE_OBJECT = 0x0111
NO_SUCH_OBJECT = 0x0112
INVALID_ARGUMENT = 0x0115
INVALID_ATTRIBUTE_VALUE = 0x0106
MISSING_ATTRIBUTE = 0x0120
#: Error ID of a step that is over, PS3.4 table F.7.2-2.
NOT_UPDATED_ANY_MORE = 0xA710

# Answers to C-FIND, C-MOVE and C-GET, PS3.4 C.4.1.1.4, C.4.2.1.5 and C.4.3.1.4.
PENDING = (0xFF00, 0xFF01)
PENDING_WITHOUT_ALL_KEYS = 0xFF01
CANCEL = 0xFE00
IDENTIFIER_MISMATCH = 0xA900
SUB_OPERATIONS_NOT_DONE = 0xA702
DESTINATION_UNKNOWN = 0xA801
SUB_OPERATIONS_WITH_FAILURES = 0xB000
FIND_CANNOT_UNDERSTAND = 0xC000


class Rejection(NamedTuple):
    """What an A-ASSOCIATE-RJ carries (PS3.8 table 9-21), and what it means in a sentence."""

    result: int
    source: int
    reason: int
    sentence: str

    @property
    def code(self) -> str:
        """Return its numbers as they are written."""
        return f"({self.result}, {self.source}, {self.reason})"

    def __str__(self) -> str:
        return f"{self.sentence} {self.code}"


UNKNOWN_CONTEXT = Rejection(1, 1, 2, "application context not supported")
UNKNOWN_CALLING = Rejection(1, 1, 3, "calling AE title not recognised")
UNKNOWN_CALLED = Rejection(1, 1, 7, "called AE title not recognised")
CONGESTION = Rejection(2, 3, 1, "temporary congestion")
LIMIT_EXCEEDED = Rejection(2, 3, 2, "too many associations are open")

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"  # PS3.7 A.2.1
