"""From a stored object to what a model is shown: pixels or microvolts, with the header's facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import Dataset

from ai_models.ecg_reading import with_ecg
from ai_models.finding_model import FindingModel
from ai_models.registry import pre_read, pre_read_all
from ai_models.subjects import Picture, Subject
from dicom.ecg_files.refusals import NotImported
from dicom.ecg_files.single import read_ecg_path
from dicom.errors import DicomError, NotAnEcg, NotAPicture, Unreadable
from dicom.facts import image_facts
from dicom.load import load_dataset
from dicom.pixels import shown_pixels
from dicom.waveform import ecg_record
from hub.domain.finding import Reading
from hub.domain.subject import EcgRecord
from hub.domain.threshold import SiteThreshold, with_site_thresholds

#: Why an object could not be put before any model, by what went wrong with it.
REASONS: dict[type[DicomError], str] = {
    NotAnEcg: "out-of-scope:not-an-ecg",
    NotImported: "out-of-scope:not-an-ecg",
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


@dataclass(frozen=True)
class Rules:
    """What a reading is judged by beside the network: the ECG rule pack, and the site's own thresholds."""

    pack: Path | None = None
    thresholds: Mapping[str, SiteThreshold] = field(default_factory=dict)


def read_by(models: Sequence[FindingModel], subject: Subject, rules: Rules) -> Reading:
    """Return the reading of a subject by the site's thresholds; an ECG's with what rules and signal say
    beside the network."""
    return _judged(pre_read(models, subject), subject, rules)


def read_all_by(
    models: Sequence[FindingModel], subjects: Sequence[Subject], rules: Sequence[Rules]
) -> list[Reading]:
    """Return the reading of each subject by its own rules; the networks run on several at once."""
    readings = pre_read_all(models, subjects)
    return [_judged(*told) for told in zip(readings, subjects, rules, strict=True)]


def _judged(reading: Reading, subject: Subject, rules: Rules) -> Reading:
    reading = with_site_thresholds(reading, rules.thresholds)
    return with_ecg(reading, subject, rules.pack) if isinstance(subject, EcgRecord) else reading


def loaded(path: Path) -> Dataset:
    """Return the DICOM object in a file, an empty one where there is none."""
    try:
        return load_dataset(path)
    except Unreadable:
        return Dataset()


def subject_in(path: Path, dataset: Dataset) -> Subject:
    """Return what a model reads of a file: of `dataset` as loaded from it, or of another maker's ECG file.

    Raises DicomError with a sentence.
    """
    try:
        return subject_of(dataset)
    except Unreadable:
        try:
            return read_ecg_path(path).record
        except NotImported as refusal:
            if refusal.key not in ("unknown-format", "empty", "picture"):
                raise
        raise


def not_assessed(reason: str) -> Reading:
    """Return the reading of something that no model was shown, with the reason."""
    return Reading(model="", version="", weight_digest="", assessed=False, reason=reason)


def reason_of(error: DicomError) -> str:
    """Return the reason key for an object that could not be shown to a model."""
    return REASONS.get(type(error), "failed:unreadable")
