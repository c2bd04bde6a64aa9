"""What the header says of an object: facts for the models and what kind of thing it is for the pages."""

import re

from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    AmbulatoryECGWaveformStorage,
    DigitalMammographyXRayImageStorageForProcessing,
    DigitalXRayImageStorageForProcessing,
    EncapsulatedPDFStorage,
    General32bitECGWaveformStorage,
    GeneralECGWaveformStorage,
    TwelveLeadECGWaveformStorage,
)

from dicom.charset import codecs_of, text_shown
from hub.domain.subject import ImageFacts

ECG_CLASSES = frozenset({
    TwelveLeadECGWaveformStorage, GeneralECGWaveformStorage, AmbulatoryECGWaveformStorage,
    General32bitECGWaveformStorage,
})  # fmt: skip
FOR_PROCESSING_CLASSES = frozenset({
    DigitalXRayImageStorageForProcessing, DigitalMammographyXRayImageStorageForProcessing,
})  # fmt: skip
ENCAPSULATED = "1.2.840.10008.5.1.4.1.1.104."
REPORTS = "1.2.840.10008.5.1.4.1.1.88."
#: Segmentations and radiotherapy objects have rows and columns, and are no pictures to read.
NOT_PICTURES = ("1.2.840.10008.5.1.4.1.1.66.", "1.2.840.10008.5.1.4.1.1.481.")
YEARS_IN = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}  # PS3.5 6.2, AS
OLDEST_YEARS = 130.0


def image_facts(dataset: Dataset) -> ImageFacts:
    """Return what the header says of an image; empty, 0 or None where it says nothing readable."""
    image_type = tuple(str(part).strip().upper() for part in _several(dataset, "ImageType"))
    return ImageFacts(
        sop_class_uid=_text(dataset, "SOPClassUID"),
        modality=_text(dataset, "Modality").upper(),
        body_part=_text(dataset, "BodyPartExamined").upper(),
        view_position=_text(dataset, "ViewPosition").upper(),
        laterality=(_text(dataset, "ImageLaterality") or _text(dataset, "Laterality")).upper(),
        image_type=image_type,
        photometric=_text(dataset, "PhotometricInterpretation"),
        rows=_integer(dataset, "Rows"),
        columns=_integer(dataset, "Columns"),
        frames=max(1, _integer(dataset, "NumberOfFrames")),
        study_description=_text(dataset, "StudyDescription"),
        series_description=_text(dataset, "SeriesDescription"),
        patient_age_years=_age_years(dataset),
        patient_sex=_text(dataset, "PatientSex").upper()[:1],
        spacing_mm=_spacing(dataset),
        for_processing=is_for_processing(
            _text(dataset, "SOPClassUID"), _text(dataset, "PresentationIntentType")
        ),
    )


def kind_of(sop_class_uid: str, rows: int) -> str:
    """Return `image`, `ecg`, `document` or `other` for an instance as the index knows it."""
    if sop_class_uid in ECG_CLASSES:
        return "ecg"
    if sop_class_uid.startswith((ENCAPSULATED, REPORTS)):
        return "document"
    return "image" if rows > 0 and not sop_class_uid.startswith(NOT_PICTURES) else "other"


def is_for_processing(sop_class_uid: str, intent: str = "") -> bool:
    """Whether the pixels are the detector's raw ones: kept, but neither read nor given to a model."""
    return UID(sop_class_uid) in FOR_PROCESSING_CLASSES or intent.strip().upper() == "FOR PROCESSING"


def is_pdf(sop_class_uid: str) -> bool:
    """Whether the object is an encapsulated PDF."""
    return sop_class_uid == EncapsulatedPDFStorage


def _text(dataset: Dataset, keyword: str) -> str:
    """The first value as text; bytes that pydicom has not looked at yet are read as the index reads them."""
    try:
        element = dataset.get_item(keyword)
        value = None if element is None else element.value
    except Exception:  # a broken element raises whatever pydicom makes of it
        return ""
    if isinstance(value, bytes):
        charset = dataset.get_item("SpecificCharacterSet")
        declared = charset.value if charset is not None else b""
        text = text_shown(value, codecs_of(declared if isinstance(declared, bytes) else _joined(declared)))
    else:
        text = _joined(value).decode()
    return text.split("\\")[0].strip(" \0")


def _joined(value: object) -> bytes:
    several = value if isinstance(value, list) or hasattr(value, "append") else [value]
    return "\\".join(str(part) for part in several if part is not None).encode()  # type: ignore[attr-defined]


def _several(dataset: Dataset, keyword: str) -> list[object]:
    try:
        value = dataset.get(keyword)
    except Exception:
        return []
    return [] if value is None else list(value) if hasattr(value, "append") else [value]


def _integer(dataset: Dataset, keyword: str) -> int:
    digits = re.fullmatch(r"\d{1,9}", str(next(iter(_several(dataset, keyword)), "")).strip())
    return int(digits[0]) if digits else 0


def _age_years(dataset: Dataset) -> float | None:
    """PatientAge, else the time from birth to study; None when neither makes sense."""
    written = re.fullmatch(r"(\d{1,3})([YMWD])", _text(dataset, "PatientAge").upper())
    if written:
        return _possible(int(written[1]) * YEARS_IN[written[2]])
    born, studied = (_day(_text(dataset, keyword)) for keyword in ("PatientBirthDate", "StudyDate"))
    return None if born is None or studied is None else _possible(studied - born)


def _day(date: str) -> float | None:
    parts = re.fullmatch(r"(\d{4})\.?(\d\d)\.?(\d\d)", date)
    if not parts or not 1 <= int(parts[2]) <= 12 or not 1 <= int(parts[3]) <= 31 or int(parts[1]) < 1850:
        return None
    return int(parts[1]) + (int(parts[2]) - 1) / 12 + (int(parts[3]) - 1) / 365.25


def _possible(years: float) -> float | None:
    return years if 0 <= years <= OLDEST_YEARS else None


def _spacing(dataset: Dataset) -> tuple[float, float] | None:
    """(row, column) spacing in mm: calibrated PixelSpacing, else the detector's by magnification."""
    for keyword, magnification in (("PixelSpacing", 1.0), ("ImagerPixelSpacing", _magnification(dataset))):
        try:
            row, column = (float(part) / magnification for part in _several(dataset, keyword))  # type: ignore[arg-type]
        except (TypeError, ValueError):
            continue
        if 0 < row < 100 and 0 < column < 100:
            return row, column
    return None


def _magnification(dataset: Dataset) -> float:
    try:
        factor = float(_text(dataset, "EstimatedRadiographicMagnificationFactor") or 1.0)
    except ValueError:
        return 1.0
    return factor if 0.5 < factor < 10 else 1.0
