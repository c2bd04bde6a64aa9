"""The frames that a reader chose, as a Key Object Selection Document (TID 2010)."""

from pydicom import Dataset
from pydicom.uid import KeyObjectSelectionDocumentStorage

from dicom.write import codes
from dicom.write.clean import clean_name
from dicom.write.evidence import evidence, named
from dicom.write.frame import new_object
from dicom.write.source import Naming, Reference, SourceStudy
from hub.domain.mark import KeyImage

OF_INTEREST: codes.Code = ("113000", "DCM", "Of Interest")


def key_images_object(keys: tuple[KeyImage, ...], study: SourceStudy, reader: str, naming: Naming) -> Dataset:
    """Return the selection of `keys` by `reader`. Raises ValueError when none is of `study`."""
    known = {reference.sop_instance_uid: reference for reference in study.references}
    chosen = [(key, known[key.instance]) for key in keys if key.instance in known]
    if not chosen:
        raise ValueError("there is no key image to write down")
    dataset = new_object(KeyObjectSelectionDocumentStorage, "KO", study, naming)
    dataset.SeriesDescription = "Key images"
    dataset.ReferencedPerformedProcedureStepSequence = []
    images = tuple({image: None for _key, image in chosen})
    dataset.CurrentRequestedProcedureEvidenceSequence = [evidence(study.study_instance_uid, images)]
    dataset.ValueType, dataset.ContinuityOfContent = "CONTAINER", "SEPARATE"
    dataset.ConceptNameCodeSequence = [codes.coded(OF_INTEREST)]
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "2010"
    dataset.ContentTemplateSequence = [template]
    dataset.ContentSequence = [*observer(reader), *(_image(key, image) for key, image in chosen)]
    return dataset


def observer(reader: str) -> list[Dataset]:
    """Return the items that say who chose (TID 1002, a person)."""
    kind, name = Dataset(), Dataset()
    kind.RelationshipType, kind.ValueType = "HAS OBS CONTEXT", "CODE"
    kind.ConceptNameCodeSequence = [codes.coded(codes.OBSERVER_TYPE)]
    kind.ConceptCodeSequence = [codes.coded(codes.PERSON)]
    name.RelationshipType, name.ValueType = "HAS OBS CONTEXT", "PNAME"
    name.ConceptNameCodeSequence = [codes.coded(codes.PERSON_OBSERVER_NAME)]
    name.PersonName = clean_name(reader)
    return [kind, name]


def _image(key: KeyImage, image: Reference) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", "IMAGE"
    reference = named(image)
    if key.frame > 1:
        reference.ReferencedFrameNumber = key.frame
    item.ReferencedSOPSequence = [reference]
    return item
