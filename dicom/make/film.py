"""A digital X-ray film (DX for presentation) from a JPEG or PNG picture."""

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import DigitalXRayImageStorageForPresentation

from dicom.make.person import Exam, Person, new_object

#: Anatomic regions by BodyPartExamined (PS3.16 annex L).
REGIONS = {
    "CHEST": codes.SCT.Chest, "HAND": codes.SCT.Hand, "FOREARM": codes.SCT.Forearm,
    "LEG": codes.SCT.LowerLeg, "FOOT": codes.SCT.Foot,
    "HIP": codes.SCT.HipJoint, "SHOULDER": codes.SCT.Shoulder, "KNEE": codes.SCT.Knee,
}  # fmt: skip
WHOLE_BODY = codes.SCT.EntireBody


@dataclass(frozen=True)
class View:
    """How the film was taken: PA, AP, LL …, the laterality (L, R, B, U), millimetres per pixel."""

    position: str = "PA"
    laterality: str = "U"
    spacing_mm: float = 0.2


def film(picture: bytes, person: Person, exam: Exam, view: View, number: int = 1) -> Dataset:
    """Return `picture` (8-bit, made grey) as a DX image, MONOCHROME2, uncompressed."""
    pixels = np.asarray(Image.open(BytesIO(picture)).convert("L"))
    dataset = new_object(DigitalXRayImageStorageForPresentation, person, exam, number=number)
    dataset.Modality = "DX"
    dataset.PresentationIntentType = "FOR PRESENTATION"
    dataset.ImageType = ["DERIVED", "PRIMARY", ""]
    _fill_view(dataset, exam, view)
    _fill_pixels(dataset, pixels, view)
    return dataset


def _fill_view(dataset: Dataset, exam: Exam, view: View) -> None:
    dataset.BodyPartExamined = exam.body_part
    dataset.ViewPosition = view.position
    dataset.ImageLaterality = view.laterality
    dataset.PatientOrientation = ["L", "F"]
    dataset.AnatomicRegionSequence = [_code(REGIONS.get(exam.body_part, WHOLE_BODY))]
    dataset.AcquisitionContextSequence = []
    dataset.SeriesDescription = f"{exam.body_part} {view.position}"


def _code(code: object) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator = code.value, code.scheme_designator  # type: ignore[attr-defined]
    item.CodeMeaning = code.meaning  # type: ignore[attr-defined]
    return item


def _fill_pixels(dataset: Dataset, pixels: np.ndarray, view: View) -> None:
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.PixelIntensityRelationship, dataset.PixelIntensityRelationshipSign = "LOG", -1
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = 0, 1, "US"
    dataset.PresentationLUTShape = "IDENTITY"
    dataset.WindowCenter, dataset.WindowWidth = 128, 256
    dataset.LossyImageCompression = "01"
    dataset.LossyImageCompressionMethod, dataset.LossyImageCompressionRatio = "ISO_10918_1", 10
    dataset.BurnedInAnnotation = "NO"
    dataset.ImagerPixelSpacing = [view.spacing_mm, view.spacing_mm]
    dataset.DetectorType = dataset.PositionerType = ""
    dataset.PixelData = pixels.tobytes() + b"\0" * (pixels.size % 2)
