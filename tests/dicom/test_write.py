"""The signed report's objects, as foreign programs judge and read them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from io import BytesIO

import pydicom
import pytest
from pydicom import Dataset

from dicom.write.clean import clean_date, clean_name, clean_text, clean_time
from dicom.write.codes import report_title
from dicom.write.frame import data_set_bytes, part10
from dicom.write.report_pdf import report_pdf
from dicom.write.report_sr import Beside, Predecessor, report_sr
from dicom.write.source import Naming, Reference, Signer, SourceStudy
from hub.domain.report import ReportText

Faults = Callable[[object], list[str]]
Verdict = Callable[..., str]
DX = "1.2.840.10008.5.1.4.1.1.1.1"
RARE = "㑇䶮㙦𬭊𫠊"
BEIJING = timezone(timedelta(hours=8))

REFERENCES = (
    Reference("1.2.3.4", DX, "1.2.3.4.1"),
    Reference("1.2.3.4", DX, "1.2.3.4.2"),
    Reference("1.2.3.5", DX, "1.2.3.5.1"),
)
STUDY = SourceStudy(
    "1.2.3", "DX", "0001", RARE, "F", "19800102", "20261101", "120000", "胸部正位", "ACC1", REFERENCES
)
SIGNER = Signer("张三", "110320100001234", "某某县人民医院远程诊断中心")
NAMING = Naming("2.25.11", "2.25.12", datetime(2026, 11, 5, 12, 0, tzinfo=BEIJING))
TEXT = ReportText(f"两肺纹理清晰。\n患者{RARE}。", "右侧第5肋骨骨折可能。", "建议CT复查。")
PDF = b"%PDF-1.7 odd!\n%%EOF"


def report(**changed: object) -> Dataset:
    return report_sr(replace(STUDY, **changed), TEXT, SIGNER, NAMING)  # type: ignore[arg-type]


def read_again(dataset: Dataset) -> Dataset:
    return pydicom.dcmread(BytesIO(part10(dataset)))


@pytest.mark.parametrize("modality", ["DX", "CT", "US", "ECG", "MR"])
def test_a_signed_report_is_without_fault_for_dciodvfy(modality: str, faults: Faults) -> None:
    assert faults(report(modality=modality)) == []


def test_dsrdump_shows_the_chinese_text_and_the_verification(verdict: Verdict) -> None:
    shown = verdict("dsrdump", report(), "+Pl")
    for words in (RARE, "两肺纹理清晰", "右侧第5肋骨骨折可能", "建议CT复查", "张三", "某某县人民医院"):
        assert words in shown
    for line in (
        "VERIFIED",
        "COMPLETE",
        "FINAL",
        "X-Ray Report",
        "Findings",
        "Impressions",
        "Recommendations",
    ):
        assert line in shown


def test_flags_observer_and_request_are_as_a_final_report_needs_them() -> None:
    sr = read_again(report())
    assert (sr.CompletionFlag, sr.VerificationFlag, sr.PreliminaryFlag) == ("COMPLETE", "VERIFIED", "FINAL")
    observer = sr.VerifyingObserverSequence[0]
    assert observer.VerificationDateTime == "20261105120000+0800"
    assert observer.VerifyingObserverIdentificationCodeSequence[0].CodingSchemeDesignator == "99HUB"
    assert sr.AuthorObserverSequence[0].PersonName == "张三"
    assert sr.ReferencedRequestSequence[0].AccessionNumber == "ACC1"
    assert (sr.SpecificCharacterSet, sr.TimezoneOffsetFromUTC) == ("ISO_IR 192", "+0800")


def test_a_licence_longer_than_a_code_value_is_kept_whole(faults: Faults) -> None:
    sr = report_sr(STUDY, TEXT, replace(SIGNER, licence="2" * 24), NAMING)
    code = sr.VerifyingObserverSequence[0].VerifyingObserverIdentificationCodeSequence[0]
    assert code.LongCodeValue == "2" * 24 and "CodeValue" not in code
    assert faults(sr) == []


def test_every_instance_is_named_as_evidence_by_series() -> None:
    (study,) = read_again(report()).CurrentRequestedProcedureEvidenceSequence
    named = {
        series.SeriesInstanceUID: [sop.ReferencedSOPInstanceUID for sop in series.ReferencedSOPSequence]
        for series in study.ReferencedSeriesSequence
    }
    assert named == {"1.2.3.4": ["1.2.3.4.1", "1.2.3.4.2"], "1.2.3.5": ["1.2.3.5.1"]}


def test_a_retry_sends_the_same_bytes() -> None:
    assert part10(report()) == part10(report())


def test_an_addendum_holds_the_whole_report_and_names_what_it_replaces(
    faults: Faults, verdict: Verdict
) -> None:
    text = replace(TEXT, addendum="更正：左侧第5肋骨。")
    sr = report_sr(STUDY, text, SIGNER, NAMING, Beside((Predecessor("2.25.8", "2.25.9"),)))
    assert faults(sr) == []
    earlier = sr.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert earlier.ReferencedSOPInstanceUID == "2.25.9"
    shown = verdict("dsrdump", sr, "+Pl")
    assert "Addendum" in shown and "更正：左侧第5肋骨" in shown and "右侧第5肋骨" in shown


def test_a_section_that_was_left_empty_is_left_out() -> None:
    sr = report_sr(STUDY, ReportText("", "未见异常。"), SIGNER, NAMING)
    containers = [item for item in sr.ContentSequence if item.ValueType == "CONTAINER"]
    assert [item.ConceptNameCodeSequence[0].CodeMeaning for item in containers] == ["Impressions"]


@pytest.mark.parametrize(
    ("modality", "body_part", "code"),
    [
        ("DX", "CHEST", "43468-8"), ("CT", "CHEST", "24627-2"), ("CT", "HEAD", "24725-4"),
        ("CT", "KNEE", "11528-7"), ("US", "", "25061-3"), ("ECG", "", "11524-0"), ("MR", "HEAD", "11528-7"),
    ],
)  # fmt: skip
def test_the_title_follows_modality_and_body_part(modality: str, body_part: str, code: str) -> None:
    assert report_title(modality, body_part)[0] == code


def test_values_that_no_element_may_hold_are_made_fit(faults: Faults, verdict: Verdict) -> None:
    hostile = report(
        patient_name="张三\\李四\x00", patient_id="A\\B\n" + "9" * 80, patient_sex="Male",
        accession="X" * 40, patient_birth_date="19801301", study_date="2026-11-01", study_time="29:00",
        study_description="a\\b" * 40,
    )  # fmt: skip
    assert faults(hostile) == []
    sr = read_again(hostile)
    assert (sr.PatientName, sr.PatientSex, sr.PatientBirthDate) == ("张三/李四", "", "")
    assert (sr.StudyDate, sr.StudyTime, len(sr.AccessionNumber)) == ("20261101", "", 16)


def test_report_text_is_data_and_never_markup(faults: Faults, verdict: Verdict) -> None:
    text = ReportText("a\\b^c=d <script>\x1b$)A\x07", "x" * 20000)
    sr = report_sr(STUDY, text, SIGNER, NAMING)
    assert faults(sr) == []
    assert "a\\b^c=d <script>" in verdict("dsrdump", sr, "+Pl", "-Ec")


def test_an_encapsulated_pdf_keeps_its_bytes_and_their_length(faults: Faults) -> None:
    made = report_pdf(PDF, STUDY, "X线诊断报告", NAMING, REFERENCES)
    assert faults(made) == []
    pdf = read_again(made)
    assert pdf.EncapsulatedDocumentLength == len(PDF) == 19
    assert pdf.EncapsulatedDocument[: pdf.EncapsulatedDocumentLength] == PDF
    assert (pdf.Modality, pdf.ConversionType, pdf.BurnedInAnnotation) == ("DOC", "SYN", "YES")
    assert pdf.MIMETypeOfEncapsulatedDocument == "application/pdf"
    assert pdf.DocumentTitle == "X线诊断报告"
    assert len(pdf.SourceInstanceSequence) == 3


def test_the_data_set_alone_is_what_stands_behind_the_head() -> None:
    whole, alone = part10(report()), data_set_bytes(report())
    assert whole.endswith(alone) and pydicom.dcmread(BytesIO(alone), force=True).PatientID == "0001"


@pytest.mark.parametrize(
    ("given", "clean"),
    [("20260229", ""), ("20260228", "20260228"), ("2026.02.28", "20260228"), ("00000000", ""), ("", "")],
)
def test_a_date_is_a_day_of_the_calendar_or_nothing(given: str, clean: str) -> None:
    assert clean_date(given) == clean


@pytest.mark.parametrize(
    ("given", "clean"),
    [("235959.123", "235959.123"), ("12:30:00", "123000"), ("30", ""), ("0930", "0930"), ("-1", "")],
)
def test_a_time_is_one_of_the_day_or_nothing(given: str, clean: str) -> None:
    assert clean_time(given) == clean


def test_names_keep_their_groups_and_texts_their_one_value() -> None:
    assert clean_name("Zhang^San=张^三") == "Zhang^San=张^三"
    assert clean_text("a\\b\r\nc\0", 4) == "a/b"


def test_the_models_consulted_are_named_in_one_line_and_none_where_none_was(
    faults: Faults, verdict: Verdict
) -> None:
    sr = report_sr(STUDY, TEXT, SIGNER, NAMING, Beside(consulted=("chest_pneumonia/1.0", "other/2")))
    assert faults(sr) == []
    assert "AI consulted: chest_pneumonia/1.0, other/2" in verdict("dsrdump", sr, "+Pl")
    assert "AI consulted" not in verdict("dsrdump", report(), "+Pl")


def test_a_history_has_a_section_of_its_own_and_none_has_none(faults: Faults, verdict: Verdict) -> None:
    sr = report(history="咳嗽三天，发热。")
    assert faults(sr) == []
    shown = verdict("dsrdump", sr, "+Pl")
    assert "History" in shown and "咳嗽三天，发热。" in shown
    assert "History" not in verdict("dsrdump", report(), "+Pl")
