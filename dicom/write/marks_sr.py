"""What a reader drew and measured, as a measurement report (TID 1500) in a Comprehensive SR."""

import numpy as np
from highdicom.sr import (
    CodedConcept,
    CoordinatesForMeasurement,
    GraphicTypeValues,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    PersonObserverIdentifyingAttributes,
    RelationshipTypeValues,
    SourceImageForMeasurementGroup,
    SourceImageForRegion,
    TextContentItem,
    TrackingIdentifier,
)
from pydicom import Dataset
from pydicom.uid import ComprehensiveSRStorage

from dicom.write.clean import clean_name, clean_text
from dicom.write.evidence import evidence
from dicom.write.frame import new_object
from dicom.write.reading_context import COMMENT, chinese
from dicom.write.reading_image import IMAGE_PROCEDURE
from dicom.write.reading_sr import ROOT_KEYWORDS
from dicom.write.source import Naming, Reference, SourceStudy
from hub.domain.mark import Mark, Value
from hub.domain.uid import uid_from

PERSON = CodedConcept("121006", "DCM", "Person")
NAMES = {
    "length": CodedConcept("410668003", "SCT", "Length"),
    "angle": CodedConcept("1483009", "SCT", "Angle"),
    "cobb": CodedConcept("285285000", "SCT", "Cobb angle"),
    "area": CodedConcept("42798000", "SCT", "Area"),
    "mean": CodedConcept("373098007", "SCT", "Mean"),
    "deviation": CodedConcept("386136009", "SCT", "Standard Deviation"),
}
UNITS = {
    "mm": CodedConcept("mm", "UCUM", "millimeter"), "cm": CodedConcept("cm", "UCUM", "centimeter"),
    "px": CodedConcept("{pixels}", "UCUM", "pixels"), "deg": CodedConcept("deg", "UCUM", "degree"),
    "mm2": CodedConcept("mm2", "UCUM", "square millimeter"),
    "cm2": CodedConcept("cm2", "UCUM", "square centimeter"),
    "px2": CodedConcept("{pixels}2", "UCUM", "square pixels"),
    "HU": CodedConcept("[hnsf'U]", "UCUM", "Hounsfield unit"), "1": CodedConcept("1", "UCUM", "no units"),
}  # fmt: skip
PROJECTED = "mm 投影 (in the plane of the detector)"


def marks_sr(marks: tuple[Mark, ...], study: SourceStudy, reader: str, naming: Naming) -> Dataset:
    """Return the SR of `marks` drawn by `reader`, each a measurement group that points into its image.

    Marks on instances that `study` does not name are left out; ValueError when none is left.
    """
    known = {reference.sop_instance_uid: reference for reference in study.references}
    drawn = [(mark, known[mark.instance]) for mark in marks if mark.instance in known]
    if not drawn:
        raise ValueError("there is no mark to write down")
    # PS3.5 6.2: a family name alone is a valid PN; highdicom asks for the caret that says so.
    person = PersonObserverIdentifyingAttributes(name=f"{clean_name(reader)}^")
    report = MeasurementReport(
        observation_context=ObservationContext(observer_person_context=ObserverContext(PERSON, person)),
        procedure_reported=IMAGE_PROCEDURE,
        imaging_measurements=[_group(mark, image, naming) for mark, image in drawn],
        language_of_content_item_and_descendants=chinese(),
    )
    return _document(report[0], study, naming, tuple({image: None for _mark, image in drawn}))


def _document(root: Dataset, study: SourceStudy, naming: Naming, images: tuple[Reference, ...]) -> Dataset:
    dataset = new_object(ComprehensiveSRStorage, "SR", study, naming)
    dataset.SeriesDescription = "Marks of the reader"
    dataset.CompletionFlag, dataset.VerificationFlag = "PARTIAL", "UNVERIFIED"
    dataset.PerformedProcedureCodeSequence = []
    dataset.ReferencedPerformedProcedureStepSequence = []
    dataset.CurrentRequestedProcedureEvidenceSequence = [evidence(study.study_instance_uid, images)]
    for keyword in ROOT_KEYWORDS:
        dataset[keyword] = root[keyword]
    return dataset


def _group(mark: Mark, image: Reference, naming: Naming) -> MeasurementsAndQualitativeEvaluations:
    uid = uid_from("mark", naming.sop_instance_uid, mark.uid)
    frames = [mark.frame] if mark.frame > 1 else None
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid=uid, identifier=mark.kind),
        measurements=[_measurement(mark, value, image) for value in mark.values] or None,
        source_images=[SourceImageForMeasurementGroup(image.sop_class_uid, image.sop_instance_uid, frames)],
    )
    for words in _comments(mark):
        comment = TextContentItem(COMMENT, words, RelationshipTypeValues.CONTAINS)
        group[0].ContentSequence = [*group[0].ContentSequence, comment]
    return group


def _comments(mark: Mark) -> list[str]:
    """The reader's words; where an arrow points, which no measurement says; that a length is a shadow's."""
    said = [clean_text(mark.words)] if mark.words.strip() else []
    if mark.kind == "arrow":
        said.append("arrow at column {:.1f} row {:.1f}".format(*mark.points[0]))
    if any(value.projected for value in mark.values):
        said.append(PROJECTED)
    return said


def _measurement(mark: Mark, value: Value, image: Reference) -> Measurement:
    name = NAMES["cobb" if mark.kind == "cobb" else value.name]
    graphic, points = _outline(mark)
    frames = [mark.frame] if mark.frame > 1 else None
    source = SourceImageForRegion(image.sop_class_uid, image.sop_instance_uid, frames)
    where = CoordinatesForMeasurement(graphic, np.array(points, dtype=np.float32), source)
    return Measurement(name, round(value.value, 4), UNITS[value.unit], referenced_coordinates=[where])


def _outline(mark: Mark) -> tuple[GraphicTypeValues, list[tuple[float, float]]]:
    """Return the mark's points as PS3.3 C.18.6.1.2 wants them: a closed line, or an ellipse's axes."""
    points = list(mark.points)
    if mark.kind == "ellipse":
        bottom, top, left, right = points
        upright = abs(top[1] - bottom[1]) + abs(top[0] - bottom[0])
        across = abs(right[0] - left[0]) + abs(right[1] - left[1])
        axes = [bottom, top, left, right] if upright >= across else [left, right, bottom, top]
        return GraphicTypeValues.ELLIPSE, axes
    if mark.kind == "rectangle":
        return GraphicTypeValues.POLYLINE, [points[0], points[1], points[3], points[2], points[0]]
    return GraphicTypeValues.POLYLINE, points
