"""Statements that contradict each other are resolved by the table; every label stays a finding of its own."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from ai_models.ecg_measure.measure import measure
from ai_models.ecg_reading import with_ecg
from ai_models.ecg_statements.resolve import GROUPS, contradictions, resolved
from ai_models.findings.ecg_ptbxl import model
from hub.domain.finding import Finding, Reading
from hub.domain.subject import TWELVE_LEADS, EcgRecord
from hub.domain.suggestion import suggestion

FOLDER = Path(model.__file__).parent
SAMPLES = Path(__file__).parents[2] / "dicom" / "demo" / "samples"
LABELS = json.loads((FOLDER / "card.json").read_text("utf-8"))["settings"]["labels"]


def stand(measured=None, **chances):
    """Resolve positive findings, given as rhythm_SR=.9; returns the codes that stand, in order."""
    findings = [
        Finding(code, code, code, chance, 0.1, True) for code, chance in chances.items()
    ]  # fmt: skip
    return [one.code for one in resolved(findings, model.statement_groups(), measured or {})]


def test_every_label_has_a_group_and_words_in_both_languages():
    groups, words = model.statement_groups(), model.statements()
    assert set(groups) == set(words) == set(LABELS)
    assert set(groups.values()) == set(GROUPS)
    assert all(any("\u4e00" <= ch <= "\u9fff" for ch in zh) and en for zh, en in words.values())


def test_the_table_names_only_labels_that_there_are():
    table = contradictions()
    named = [need["code"] for need in table["needs"]] + [c for pair in table["pairs"] for c in pair["codes"]]
    assert set(named) | set(table["normal"]) | set(table["harmless"]) <= set(LABELS)
    assert {pair["keep"] for pair in table["pairs"]} <= {"first", "stronger", "wider"}


def test_normal_does_not_stand_beside_anything_abnormal():
    assert stand(sub_NORM=0.9, rhythm_SR=0.9) == ["sub_NORM", "rhythm_SR"]
    assert stand(sub_NORM=0.9, super_NORM=0.9, rhythm_SR=0.9, sub_LVH=0.2) == ["rhythm_SR", "sub_LVH"]


def test_sinus_rhythm_and_fibrillation_leave_the_more_probable():
    assert stand(rhythm_SR=0.2, rhythm_AFIB=0.9) == ["rhythm_AFIB"]
    assert stand(rhythm_SR=0.9, rhythm_AFIB=0.2) == ["rhythm_SR"]


@pytest.mark.parametrize("measured, left", [({"qrs": 150.0}, "sub_CLBBB"), ({"qrs": 112.0}, "sub_ILBBB")])
def test_complete_and_incomplete_block_are_told_apart_by_the_measured_width(measured, left):
    assert stand(measured, sub_CLBBB=0.6, sub_ILBBB=0.7) == [left]


def test_a_tachycardia_against_a_measured_rate_of_60_is_dropped():
    assert stand({"heart_rate": 60.0}, rhythm_STACH=0.9, rhythm_SR=0.4) == ["rhythm_SR"]
    assert stand({"heart_rate": 120.0}, rhythm_STACH=0.9, rhythm_SR=0.4) == ["rhythm_STACH"]


def test_what_was_not_measured_contradicts_nothing():
    assert stand({}, rhythm_STACH=0.9) == ["rhythm_STACH"]


def test_a_group_is_named_only_where_no_member_is():
    assert stand(super_CD=0.9, sub_IRBBB=0.5) == ["sub_IRBBB"]
    assert stand(super_CD=0.9) == ["super_CD"]


def test_infarction_patterns_say_any_age():
    with (FOLDER / "statements.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["group"] == "infarction"]
    assert len(rows) == 5
    assert all("时期不定" in row["zh"] and "any age" in row["en"] for row in rows)


def test_the_report_suggests_what_stands():
    findings = tuple(
        Finding(code, *model.statements()[code], chance, 0.1, True)
        for code, chance in (("rhythm_SR", 0.2), ("rhythm_AFIB", 0.9), ("sub_NORM", 0.4))
    )
    statements = resolved(findings, model.statement_groups(), {})
    reading = Reading("ecg_ptbxl", "1", "", True, findings=findings, statements=statements)
    text = suggestion([reading]).text.impression
    assert "心房颤动" in text and "窦性心律" not in text and "正常心电图" not in text
    assert sum(finding.positive for finding in reading.findings) == 3


@pytest.fixture(scope="module")
def flutter():
    """A real recording of atrial flutter, in which the measurement finds waves that look like P."""
    with np.load(SAMPLES / "ecg-flutter.npz") as stored:
        return EcgRecord(TWELVE_LEADS, float(stored["rate_hz"]), stored["microvolts"])


def of_rhythm(code, flutter):
    findings = (Finding(code, *model.statements()[code], 0.9, 0.1, True),)
    reading = with_ecg(Reading("ecg_ptbxl", "1", "", True, findings=findings), flutter)
    assert [one.code for one in reading.statements] == [code]
    return reading, {one.name: one for one in reading.measurements}


@pytest.mark.parametrize("code", ["rhythm_AFIB", "rhythm_AFLT"])
def test_where_fibrillation_or_flutter_is_called_p_and_pr_are_not_assessed(code, flutter):
    reading, measured = of_rhythm(code, flutter)
    for name in ("p_duration", "pr", "axis_p"):
        assert (measured[name].value, measured[name].reason) == (None, "fibrillation-or-flutter")
    assert measured["heart_rate"].value and measured["qrs"].value
    assert "PR" not in suggestion([reading]).text.findings


def test_in_any_other_rhythm_they_stay_as_they_were_measured(flutter):
    _reading, measured = of_rhythm("rhythm_STACH", flutter)
    assert tuple(measured.values()) == measure(flutter) and measured["pr"].value


def test_a_long_pr_does_not_stand_beside_fibrillation_or_flutter():
    assert stand({"pr": 240.0}, rhythm_AFIB=0.9, form_LPR=0.95) == ["rhythm_AFIB"]
    assert stand({"pr": 240.0}, rhythm_AFLT=0.9, form_LPR=0.95) == ["rhythm_AFLT"]
    assert stand({"pr": 240.0}, rhythm_SR=0.9, form_LPR=0.95) == ["rhythm_SR", "form_LPR"]
