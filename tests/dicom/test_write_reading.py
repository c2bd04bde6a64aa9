"""What a model said, as an SR that other systems can read and nobody can take for a signed report."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

import pytest
from pydicom import Dataset

from dicom.write.frame import part10
from dicom.write.reading_codes import own_code
from dicom.write.reading_sr import reading_sr
from dicom.write.source import Naming, Reference, SourceStudy
from hub.domain.finding import Box, Finding, Measurement, Reading

DX, ECG = "1.2.840.10008.5.1.4.1.1.1.1", "1.2.840.10008.5.1.4.1.1.9.1.1"
FILM, TRACE = Reference("1.2.3.4", DX, "1.2.3.4.1"), Reference("1.2.3.5", ECG, "1.2.3.5.1")
STUDY = SourceStudy("1.2.3", "DX", "0001", "㑇䶮", "F", "19800102", "20261101", "120000", references=(FILM,))
NAMING = Naming("2.25.21", "2.25.22", datetime(2026, 11, 5, 12, 0, tzinfo=timezone(timedelta(hours=8))))
Faults = Callable[[object], list[str]]
Verdict = Callable[..., str]


def reading(*findings: Finding, measurements: tuple[Measurement, ...] = ()) -> Reading:
    return Reading("cxr", "1.3", "ab" * 32, True, findings=findings, measurements=measurements)


PNEUMONIA = Finding(
    "pneumonia", "肺炎", "Pneumonia", 0.8731, 0.5, True,
    (Box((10, 20, 100.5, 200), 0.87), Box((300, 20, 400, 200), 0.12)),
)  # fmt: skip
NO_FRACTURE = Finding("fracture", "骨折", "Fracture", 0.04, 0.5, False, (Box((1, 1, 9, 9), 0.03),))
FIBRILLATION = Finding(
    "rhythm_AFIB", "心房颤动", "Atrial fibrillation", 0.98, 0.5, True, (), ("II", "V1"), (1200.0, 3400.0)
)
INTERVALS = (
    Measurement("heart_rate", 61.2, "bpm", "median RR"),
    Measurement("pr", None, "ms", "", "no P wave"),
    Measurement("qrs", 75.0, "ms", "global"),
    Measurement("axis_qrs", -30.0, "degrees", "areas"),
)


def items(dataset: Dataset, value_type: str) -> Iterator[Dataset]:
    for item in dataset.get("ContentSequence", []):
        if item.ValueType == value_type:
            yield item
        yield from items(item, value_type)


def concept(item: Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeMeaning)


def test_a_reading_of_a_film_is_without_fault_for_dciodvfy(faults: Faults) -> None:
    assert faults(reading_sr(reading(PNEUMONIA, NO_FRACTURE), STUDY, FILM, NAMING)) == []
    assert faults(reading_sr(reading(NO_FRACTURE), STUDY, FILM, NAMING)) == []


def test_a_reading_of_an_ecg_is_without_fault_for_dciodvfy(faults: Faults) -> None:
    assert faults(reading_sr(reading(FIBRILLATION, measurements=INTERVALS), STUDY, TRACE, NAMING)) == []


def test_it_is_preliminary_and_unverified() -> None:
    sr = reading_sr(reading(PNEUMONIA), STUDY, FILM, NAMING)
    assert (sr.CompletionFlag, sr.VerificationFlag, sr.PreliminaryFlag) == (
        "COMPLETE",
        "UNVERIFIED",
        "PRELIMINARY",
    )
    assert "VerifyingObserverSequence" not in sr
    assert sr.ConceptNameCodeSequence[0].CodeValue == "126000"
    purpose = sr.ContributingEquipmentSequence[0].PurposeOfReferenceCodeSequence[0]
    assert (purpose.CodeValue, sr.Modality) == ("109102", "SR")


def test_a_box_is_a_closed_polyline_in_the_stored_pixels() -> None:
    sr = reading_sr(reading(PNEUMONIA), STUDY, FILM, NAMING)
    (region,) = items(sr, "SCOORD")
    assert region.GraphicType == "POLYLINE"
    assert region.GraphicData == [10, 20, 100.5, 20, 100.5, 200, 10, 200, 10, 20]
    assert region.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == "1.2.3.4.1"


def test_what_is_absent_is_a_probability_and_never_a_finding() -> None:
    sr = reading_sr(reading(PNEUMONIA, NO_FRACTURE), STUDY, FILM, NAMING)
    found = [
        item.ConceptCodeSequence[0].CodeMeaning for item in items(sr, "CODE") if concept(item) == "Finding"
    ]
    assert found == ["Pneumonia"]
    numbers = {concept(item): float(item.MeasuredValueSequence[0].NumericValue) for item in items(sr, "NUM")}
    assert numbers == {
        "Certainty of Finding": 0.87, "Probability of Pneumonia": 0.8731, "Probability of Fracture": 0.04,
    }  # fmt: skip


def test_an_interval_points_into_the_waveform_and_an_unmeasured_one_is_absent() -> None:
    sr = reading_sr(reading(FIBRILLATION, measurements=INTERVALS), STUDY, TRACE, NAMING)
    (interval,) = items(sr, "TCOORD")
    assert (interval.TemporalRangeType, list(interval.ReferencedTimeOffsets)) == ("SEGMENT", [1.2, 3.4])
    named = [concept(item) for item in items(sr, "NUM")]
    assert "QRS duration global" in named and "Heart rate" in named and "PR interval global" not in named


def test_dsrdump_reads_it_with_the_chinese_name_of_the_finding(verdict: Verdict) -> None:
    film = verdict("dsrdump", reading_sr(reading(PNEUMONIA), STUDY, FILM, NAMING), "+Pl")
    assert "Imaging Measurement Report" in film and "肺炎" in film and "㑇䶮" in film
    trace = verdict("dsrdump", reading_sr(reading(FIBRILLATION), STUDY, TRACE, NAMING), "+Pl")
    assert "心房颤动 II V1" in trace and "TCOORD" in trace


def test_the_observer_is_the_same_for_one_build_and_another_for_the_next() -> None:
    def observer(digest: str) -> str:
        told = Reading("cxr", "1.3", digest, True, findings=(PNEUMONIA,))
        (uid, *_) = items(reading_sr(told, STUDY, FILM, NAMING), "UIDREF")
        return str(uid.UID)

    assert observer("ab" * 32) == observer("ab" * 32) != observer("cd" * 32)


def test_a_retry_makes_the_same_bytes() -> None:
    first, second = (part10(reading_sr(reading(PNEUMONIA), STUDY, FILM, NAMING)) for _ in range(2))
    assert first == second


def test_what_was_not_assessed_is_not_written() -> None:
    with pytest.raises(ValueError, match="not assessed"):
        reading_sr(Reading("cxr", "1.3", "", False, "out-of-scope:modality"), STUDY, FILM, NAMING)


def test_two_long_codes_of_our_own_stay_two() -> None:
    first, second = own_code("form_" + "a" * 20 + "1", "x"), own_code("form_" + "a" * 20 + "2", "x")
    assert first.value != second.value and len(first.value) <= 16
