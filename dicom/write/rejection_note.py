"""A rejection as IHE's IOCM tells it: a Key Object Selection whose title says why (TID 2010)."""

from pydicom import Dataset
from pydicom.uid import KeyObjectSelectionDocumentStorage

from dicom.write import codes
from dicom.write.clean import clean_paragraphs
from dicom.write.evidence import evidence, named
from dicom.write.frame import new_object
from dicom.write.key_images import observer
from dicom.write.source import Naming, Reference, SourceStudy
from hub.domain.rejection import REASONS

DESCRIPTION: codes.Code = ("113012", "DCM", "Key Object Description")
#: How TID 2010 refers to an instance, by the first digits of its SOP class below the storage root.
STORAGE = "1.2.840.10008.5.1.4.1.1."
WAVEFORMS, NO_IMAGES = (
    (STORAGE + "9.",),
    (STORAGE + "88.", STORAGE + "11.", STORAGE + "104.", STORAGE + "66."),
)


def rejection_note(reason: str, words: str, study: SourceStudy, person: str, naming: Naming) -> Dataset:
    """Return the key object that rejects every reference of `study` for `reason`, one of REASONS."""
    dataset = new_object(KeyObjectSelectionDocumentStorage, "KO", study, naming)
    dataset.SeriesDescription = "Rejection note"
    dataset.ReferencedPerformedProcedureStepSequence = []
    dataset.CurrentRequestedProcedureEvidenceSequence = [evidence(study.study_instance_uid, study.references)]
    dataset.ValueType, dataset.ContinuityOfContent = "CONTAINER", "SEPARATE"
    dataset.ConceptNameCodeSequence = [codes.coded(REASONS[reason])]
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "2010"
    dataset.ContentTemplateSequence = [template]
    dataset.ContentSequence = [
        *observer(person), _description(words), *(_rejected(one) for one in study.references)
    ]  # fmt: skip
    return dataset


def _description(words: str) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", "TEXT"
    item.ConceptNameCodeSequence = [codes.coded(DESCRIPTION)]
    item.TextValue = clean_paragraphs(words)
    return item


def _rejected(reference: Reference) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", _value_type(reference.sop_class_uid)
    item.ReferencedSOPSequence = [named(reference)]
    return item


def _value_type(sop_class: str) -> str:
    if sop_class.startswith(WAVEFORMS):
        return "WAVEFORM"
    return "COMPOSITE" if sop_class.startswith(NO_IMAGES) else "IMAGE"
