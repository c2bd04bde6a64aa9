"""The signed PDF as an Encapsulated PDF object (PS3.3 A.45.1)."""

from pydicom import Dataset
from pydicom.uid import EncapsulatedPDFStorage

from dicom.write import codes
from dicom.write.clean import clean_paragraphs
from dicom.write.evidence import named
from dicom.write.frame import new_object
from dicom.write.source import Naming, Reference, SourceStudy


def report_pdf(
    pdf: bytes, study: SourceStudy, title: str, naming: Naming, sources: tuple[Reference, ...]
) -> Dataset:
    """Return `pdf`, byte for byte, in an object that names what it was made from (the SR and the images)."""
    dataset = new_object(EncapsulatedPDFStorage, "DOC", study, naming)
    dataset.SeriesDescription = "Report PDF"
    dataset.ConversionType = "SYN"
    dataset.BurnedInAnnotation = "YES"
    dataset.AcquisitionDateTime = naming.made_at.strftime("%Y%m%d%H%M%S%z")
    dataset.DocumentTitle = clean_paragraphs(title)
    dataset.ConceptNameCodeSequence = [codes.coded(codes.report_title(study.modality, study.body_part))]
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    dataset.EncapsulatedDocumentLength = len(pdf)
    dataset.SourceInstanceSequence = [named(reference) for reference in sources]
    return dataset
