"""What a model said about one object, as a measurement report (TID 1500) in an Enhanced SR."""

from highdicom.sr import MeasurementReport
from pydicom import Dataset
from pydicom.uid import EnhancedSRStorage

from dicom.facts import ECG_CLASSES
from dicom.write.evidence import evidence
from dicom.write.frame import new_object
from dicom.write.reading_context import Told, chinese, contribution, observation_context
from dicom.write.reading_ecg import ECG_PROCEDURE, ecg_groups
from dicom.write.reading_image import IMAGE_PROCEDURE, image_groups
from dicom.write.source import Naming, Reference, SourceStudy
from hub.domain.finding import Reading

#: The elements of an SR's root content item (PS3.3 C.17.3).
ROOT_KEYWORDS = (
    "ValueType", "ConceptNameCodeSequence", "ContinuityOfContent", "ContentTemplateSequence",
    "ContentSequence",
)  # fmt: skip


def reading_sr(reading: Reading, study: SourceStudy, read: Reference, naming: Naming) -> Dataset:
    """Return the SR of an assessed `reading` of the instance `read`: complete, unverified, preliminary.

    What the model holds to be present is a Finding with its certainty, its boxes as closed polylines in
    the stored image's pixels, or its interval in the ECG. Every probability, present or not, stands in a
    group of its own that names no finding. Raises ValueError when nothing was assessed.
    """
    if not reading.assessed:
        raise ValueError("a reading that was not assessed has nothing to report")
    is_ecg = read.sop_class_uid in ECG_CLASSES
    told = Told(reading, read, naming)
    report = MeasurementReport(
        observation_context=observation_context(reading),
        procedure_reported=ECG_PROCEDURE if is_ecg else IMAGE_PROCEDURE,
        imaging_measurements=ecg_groups(told) if is_ecg else image_groups(told),
        language_of_content_item_and_descendants=chinese(),
    )
    return _document(report[0], study, told)


def _document(root: Dataset, study: SourceStudy, told: Told) -> Dataset:
    dataset = new_object(EnhancedSRStorage, "SR", study, told.naming)
    dataset.SeriesDescription = f"AI {told.reading.model} {told.reading.version}"[:64]
    dataset.CompletionFlag, dataset.VerificationFlag = "COMPLETE", "UNVERIFIED"
    dataset.PreliminaryFlag = "PRELIMINARY"
    dataset.PerformedProcedureCodeSequence = []
    dataset.ReferencedPerformedProcedureStepSequence = []
    dataset.ContributingEquipmentSequence = [contribution(told.reading, told.naming)]
    dataset.CurrentRequestedProcedureEvidenceSequence = [evidence(study.study_instance_uid, (told.read,))]
    for keyword in ROOT_KEYWORDS:
        dataset[keyword] = root[keyword]
    return dataset
