"""Objects as another system would send them beside a film: made by highdicom, not by the hub."""

from collections.abc import Iterator

import numpy as np
from highdicom.ko import KeyObjectSelection, KeyObjectSelectionDocument
from highdicom.pr import (
    AnnotationUnitsValues,
    GraphicAnnotation,
    GraphicLayer,
    GraphicObject,
    GraphicTypeValues,
    GrayscaleSoftcopyPresentationState,
    TextObject,
)
from highdicom.sr import CodedConcept, ContainerContentItem, EnhancedSR, NumContentItem, TextContentItem
from highdicom.sr.enum import RelationshipTypeValues
from highdicom.uid import UID
from pydicom import Dataset
from pydicom.sr.codedict import codes

PIXEL = AnnotationUnitsValues.PIXEL
INSIDE = RelationshipTypeValues.CONTAINS
#: The circle's centre and a point of it, and the polyline, in pixels from the corner.
CIRCLE = [(300.5, 400.5), (360.5, 400.5)]
LINE = [(100.5, 100.5), (200.5, 150.5), (150.5, 250.5)]


def brought(film: Dataset) -> Iterator[Dataset]:
    """Yield a presentation state, a selection and a report about `film`."""
    yield _state(film)
    yield _selection(film)
    yield _report(film)


def _naming(number: int) -> dict:
    return {
        "series_instance_uid": UID(), "series_number": number, "sop_instance_uid": UID(),
        "instance_number": 1,
    }  # fmt: skip


def _state(film: Dataset) -> Dataset:
    layer = GraphicLayer("ELSEWHERE", 1)
    drawn = [
        GraphicObject(GraphicTypeValues.CIRCLE, np.array(CIRCLE), PIXEL),
        GraphicObject(GraphicTypeValues.POLYLINE, np.array(LINE), PIXEL),
    ]
    said = [TextObject("外院所见", PIXEL, anchor_point=(300.5, 330.5), anchor_point_visible=True)]
    note = GraphicAnnotation([film], layer, graphic_objects=drawn, text_objects=said)
    return GrayscaleSoftcopyPresentationState(
        [film], **_naming(90), manufacturer="Elsewhere", manufacturer_model_name="Viewer",
        software_versions="1", device_serial_number="1", content_label="OUTSIDE",
        graphic_annotations=[note], graphic_layers=[layer], content_creator_name="Doe^Jane",
    )  # fmt: skip


def _selection(film: Dataset) -> Dataset:
    chosen = KeyObjectSelection(
        document_title=codes.DCM.ForReferringProvider, referenced_objects=[film], description="请看右肺"
    )
    return KeyObjectSelectionDocument([film], chosen, **_naming(91), manufacturer="Elsewhere")


def _report(film: Dataset) -> Dataset:
    root = ContainerContentItem(CodedConcept("18748-4", "LN", "Diagnostic imaging report"))
    size = NumContentItem(
        CodedConcept("81827009", "SCT", "Diameter"),
        12.5,
        CodedConcept("mm", "UCUM", "millimeter"),
        None,
        INSIDE,
    )
    text = TextContentItem(CodedConcept("121071", "DCM", "Finding"), "右肺下叶小结节", INSIDE)
    root.ContentSequence = [text, size]
    return EnhancedSR(
        [film], root, **_naming(92), manufacturer="Elsewhere", is_complete=True, is_verified=True,
        verifying_observer_name="Doe^Jane", verifying_organization="Elsewhere",
    )  # fmt: skip


__all__ = ["CIRCLE", "LINE", "brought"]
