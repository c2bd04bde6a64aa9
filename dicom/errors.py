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
