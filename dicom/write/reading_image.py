"""A model's findings in a picture as measurement groups, each box a region of its own (TID 1410, 1501)."""

import numpy as np
from highdicom.sr import (
    CodedConcept,
    GraphicTypeValues,
    ImageRegion,
    MeasurementsAndQualitativeEvaluations,
    PlanarROIMeasurementsAndQualitativeEvaluations,
    SourceImageForMeasurementGroup,
    SourceImageForRegion,
)

from dicom.write.reading_codes import finding_code
from dicom.write.reading_context import Told, add_comment, tracking
from dicom.write.reading_numbers import certainty, scores
from dicom.write.source import Reference
from hub.domain.finding import Box, Finding, positives

Group = PlanarROIMeasurementsAndQualitativeEvaluations | MeasurementsAndQualitativeEvaluations
IMAGE_PROCEDURE = CodedConcept("363679005", "SCT", "Imaging")


def image_groups(told: Told) -> list[Group]:
    """Return one group per box of what is present, then one with every probability."""
    groups: list[Group] = []
    for finding in positives(told.reading.findings):
        boxes = [box for box in finding.boxes if box.probability >= finding.threshold]
        groups += [_boxed(told, finding, box, number) for number, box in enumerate(boxes, 1)]
        if not boxes:
            groups.append(_unboxed(told, finding))
    return [*groups, _scores(told)]


def _boxed(told: Told, finding: Finding, box: Box, number: int) -> Group:
    group = PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking(told, finding.code, str(number)),
        referenced_region=_region(box, told.read),
        finding_type=finding_code(finding.code, finding.label_en),
        measurements=[certainty(told, box.probability)],
    )
    add_comment(group, finding.label_zh)
    return group


def _unboxed(told: Told, finding: Finding) -> Group:
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking(told, finding.code),
        finding_type=finding_code(finding.code, finding.label_en),
        measurements=[certainty(told, finding.probability)],
        source_images=[_whole(told.read)],
    )
    add_comment(group, finding.label_zh)
    return group


def _scores(told: Told) -> Group:
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking(told, "probabilities"),
        measurements=scores(told),
        source_images=[_whole(told.read)],
    )


def _region(box: Box, read: Reference) -> ImageRegion:
    """Return the box as a closed polyline in pixels of the stored image (PS3.3 C.18.6.1.2)."""
    left, top, right, bottom = box.xyxy
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    return ImageRegion(
        GraphicTypeValues.POLYLINE,
        np.array(corners, dtype=np.float32),
        SourceImageForRegion(read.sop_class_uid, read.sop_instance_uid),
    )


def _whole(read: Reference) -> SourceImageForMeasurementGroup:
    return SourceImageForMeasurementGroup(read.sop_class_uid, read.sop_instance_uid)
