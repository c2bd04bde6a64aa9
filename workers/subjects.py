"""From a stored object to what a model is shown: pixels or microvolts, with the header's facts."""

from pydicom import Dataset

from ai_models.subjects import Picture, Subject
from dicom.errors import DicomError, NotAnEcg, NotAPicture, Unreadable
from dicom.facts import image_facts
from dicom.pixels import shown_pixels
from dicom.waveform import ecg_record
from hub.domain.finding import Reading

#: Why an object could not be put before any model, by what went wrong with it.
REASONS: dict[type[DicomError], str] = {
    NotAnEcg: "out-of-scope:not-an-ecg",
    NotAPicture: "out-of-scope:not-a-picture",
    Unreadable: "failed:unreadable",
}


def subject_of(dataset: Dataset) -> Subject:
    """Return what a model reads of `dataset`: its waveform if it has one, else its first frame.

    Raises DicomError with a sentence when it is neither a picture nor an ECG, or no DICOM object at all.
    """
    if not dataset.get("SOPClassUID"):
        raise Unreadable("the file does not say what kind of object it is")
    if "WaveformSequence" in dataset:
        return ecg_record(dataset)
    return Picture(shown_pixels(dataset), image_facts(dataset))


def not_assessed(reason: str) -> Reading:
    """Return the reading of something that no model was shown, with the reason."""
    return Reading(model="", version="", weight_digest="", assessed=False, reason=reason)


def reason_of(error: DicomError) -> str:
    """Return the reason key for an object that could not be shown to a model."""
    return REASONS.get(type(error), "failed:unreadable")
