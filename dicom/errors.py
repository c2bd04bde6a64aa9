"""The dicom room's errors: each says in a sentence what was wrong with an object."""

from hub.errors import HubError


class DicomError(HubError):
    """Parent of everything this room cannot do with an object."""


class Unreadable(DicomError):
    """The bytes are no data set that the hub could keep a row of; the message names what is missing."""


class NotAPicture(DicomError):
    """The object holds no picture that could be shown; the message says why."""


class NotAnEcg(DicomError):
    """The object holds no electrocardiogram that could be drawn; the message says why."""


class Damaged(DicomError):
    """The file is not what was received: it is not shown or sent as if it were good."""


class NoAssociation(DicomError):
    """The peer was not there, or took no association; `for_good` when asking again will not help."""

    def __init__(self, sentence: str, for_good: bool = False) -> None:
        super().__init__(sentence)
        self.for_good = for_good
