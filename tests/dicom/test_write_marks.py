"""A reader's marks as an SR and key images as a selection, without fault for dciodvfy, read by dsrdump."""

from datetime import datetime, timedelta, timezone

import pytest

from dicom.write.key_images import key_images_object
from dicom.write.marks_sr import marks_sr
from dicom.write.source import Naming, Reference, SourceStudy
from hub.domain.mark import KeyImage, Mark, Value

CT = "1.2.840.10008.5.1.4.1.1.2"
LOOP = "1.2.840.10008.5.1.4.1.1.3.1"
IMAGES = (Reference("1.2.3.4", CT, "1.2.3.4.1"), Reference("1.2.3.4", CT, "1.2.3.4.2"))
CLIP = Reference("1.2.3.5", LOOP, "1.2.3.5.1")
STUDY = SourceStudy(
    "1.2.3", "CT", "0001", "㑇䶮", "F", "19800102", "20261101", "120000", references=(*IMAGES, CLIP)
)
NAMING = Naming("2.25.21", "2.25.22", datetime(2026, 11, 5, 12, 0, tzinfo=timezone(timedelta(hours=8))))
POINTS = ((10.0, 10.0), (50.0, 10.0), (10.0, 40.0), (50.0, 40.0))
MARKS = (
    Mark("a", "length", "1.2.3.4.1", 1, POINTS[:2], values=(Value("length", 21.2, "mm", True),)),
    Mark("b", "cobb", "1.2.3.4.1", 1, POINTS, values=(Value("angle", 12.5, "deg"),)),
    Mark(
        "c", "ellipse", "1.2.3.4.2", 1, POINTS,
        values=(Value("area", 88.0, "mm2"), Value("mean", 41.5, "HU"), Value("deviation", 8.2, "HU")),
    ),
    Mark("d", "rectangle", "1.2.3.4.2", 1, POINTS, values=(Value("area", 88.0, "mm2"),)),
    Mark("e", "arrow", "1.2.3.4.2", 1, POINTS[:2], "结节 𬭊"),
)  # fmt: skip


def test_marks_are_without_fault_and_readable_elsewhere(faults, verdict) -> None:
    made = marks_sr(MARKS, STUDY, "李医生", NAMING)
    assert faults(made) == []
    said = verdict("dsrdump", made)
    for words in ("Cobb angle", "21.2", "Hounsfield", "李医生"):
        assert words in said, said


def test_key_images_are_a_selection_without_fault(faults) -> None:
    made = key_images_object((KeyImage("1.2.3.5.1", 3), KeyImage("9.9", 1)), STUDY, "李医生", NAMING)
    assert faults(made) == []
    (chosen,) = [item.ReferencedSOPSequence[0] for item in made.ContentSequence if item.ValueType == "IMAGE"]
    assert (chosen.ReferencedSOPInstanceUID, chosen.ReferencedFrameNumber) == ("1.2.3.5.1", 3)


def test_nothing_drawn_is_no_object() -> None:
    with pytest.raises(ValueError, match="no mark"):
        marks_sr((), STUDY, "李", NAMING)
    with pytest.raises(ValueError, match="no key image"):
        key_images_object((), STUDY, "李", NAMING)
