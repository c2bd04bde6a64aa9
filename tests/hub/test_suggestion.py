"""Suggested and normal texts: what was found is put in words, what was not assessed never is."""

import pytest

from hub.domain.finding import Finding, Measurement, Reading
from hub.domain.suggestion import suggestion
from hub.domain.templates import fitting, normal_text
from hub.store.shipped_templates import shipped_templates


def found(code, probability=0.9, positive=True, label="某征象"):
    return Finding(code, label, code, probability, 0.5, positive)


def reading(*findings, assessed=True, measurements=()):
    return Reading("model", "1.0", "0" * 64, assessed, findings=findings, measurements=measurements)


def test_a_finding_becomes_a_sentence_of_each_kind():
    text = suggestion([reading(found("pneumonia"))]).text
    assert "密度增高影" in text.findings and "感染" in text.impression


def test_a_finding_without_a_phrase_is_named_by_its_label():
    assert suggestion([reading(found("other"))]).text.impression == "某征象。"


def test_nothing_is_suggested_where_nothing_was_found_or_assessed():
    assert suggestion([]) is None
    assert suggestion([reading(found("pneumonia", 0.1, positive=False))]) is None
    assert suggestion([reading(found("pneumonia"), assessed=False)]) is None


def test_two_images_with_the_same_finding_say_it_once():
    text = suggestion([reading(found("fracture")), reading(found("fracture", 0.6))]).text
    assert text.findings.count("骨折线") == 1


def test_measured_values_are_read_out_and_missing_ones_left_out_never_zero():
    measured = (
        Measurement("heart_rate", 75.4, "bpm", "m"),
        Measurement("pr", None, "ms", "m", "no-p-wave"),
        Measurement("qrs", 96.0, "ms", "m"),
    )
    text = suggestion([reading(measurements=measured)]).text
    assert text.findings == "心率 75 次/分，QRS 时限 96 ms。" and text.impression == ""


def ecg(*codes):
    return suggestion([reading(*(found(code, label=code) for code in codes))])


def test_a_normal_ecg_says_rhythm_and_normal():
    assert ecg("super_NORM", "sub_NORM", "rhythm_SR").text.impression == "1. rhythm_SR。\n2. sub_NORM。"


def test_an_abnormal_ecg_never_says_normal_and_names_no_group_beside_its_member():
    said = ecg("sub_NORM", "super_MI", "sub_IMI", "rhythm_AFIB", "rhythm_SR").text.impression
    assert said == "1. rhythm_AFIB。\n2. sub_IMI。"


def test_a_group_is_named_where_no_member_is():
    assert ecg("super_MI").text.impression == "super_MI。"


@pytest.mark.parametrize(
    ("modality", "said", "words"),
    [
        ("DX", ("CHEST", ""), "心、肺、膈"),
        ("CR", ("", "右手正位"), "骨折"),
        ("CT", ("", "头颅平扫"), "颅脑"),
        ("CT", ("CHEST",), "胸部 CT"),
        ("US", ("", "肝胆胰脾"), "声像图"),
        ("ECG", ("",), "窦性心律"),
    ],
)
def test_each_kind_of_exam_has_its_own_normal_text(modality, said, words):
    assert words in normal_text(fitting(shipped_templates(), modality, *said)).impression


@pytest.mark.parametrize(
    ("modality", "said"), [("MR", "HEAD"), ("CT", "KNEE"), ("DX", ""), ("US", "THYROID")]
)
def test_an_exam_without_a_template_gets_none_rather_than_anothers(modality, said):
    assert normal_text(fitting(shipped_templates(), modality, said)).is_empty
