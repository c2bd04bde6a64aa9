"""What a signed report says of a finding, by a rule that rather does not know than errs; and its counts."""

from random import Random

import pytest

from hub.domain.agreement import Matrix, Share, said_of
from hub.domain.drift import stability_index, weeks_of
from hub.domain.finding import Finding, Reading
from hub.domain.report import ReportText
from hub.domain.threshold import SiteThreshold, with_site_thresholds


def said(finding, impression, findings=""):
    return said_of(finding, ReportText(findings, impression))


@pytest.mark.parametrize(
    "impression",
    ["右下肺炎症，肺炎。", "支气管肺炎", "Right lower lobe pneumonia.", "双肺感染，考虑心影增大；左肺肺炎"],
)
def test_pneumonia_named_is_present(impression):
    assert said("pneumonia", impression) == "present"


@pytest.mark.parametrize(
    "impression", ["未见肺炎征象", "心肺膈未见异常", "两肺清晰，无肺炎", "No evidence of pneumonia"]
)
def test_pneumonia_denied_or_a_normal_chest_is_absent(impression):
    assert said("pneumonia", impression) == "absent"


@pytest.mark.parametrize(
    "impression",
    [
        "肺炎可能",
        "肺炎待排",
        "不除外肺炎",
        "右肺肺炎，左肺未见肺炎",
        "疑似肺炎？",
        "心影增大",
        "possible pneumonia",
        "",
    ],
)
def test_doubt_contradiction_and_silence_are_unclear(impression):
    assert said("pneumonia", impression) == "unclear"


@pytest.mark.parametrize(
    ("impression", "meant"),
    [
        ("左桡骨远端骨折", "present"),
        ("未见明显骨折及脱位", "absent"),
        ("所见诸骨骨质未见异常", "absent"),
        ("右胫骨陈旧性骨折", "unclear"),
        ("左腓骨骨折内固定术后", "unclear"),
        ("No fracture.", "absent"),
    ],
)
def test_fractures_old_ones_are_unclear(impression, meant):
    assert said("fracture", impression) == meant


def test_the_impression_outranks_the_findings():
    assert said("fracture", "未见骨折", "骨折线可疑") == "absent"
    assert said("fracture", "软组织肿胀", "见骨折线") == "present"


@pytest.mark.parametrize(
    ("finding", "impression", "meant"),
    [
        ("rhythm_AFIB", "心房颤动，快速心室率", "present"),
        ("rhythm_AFIB", "正常心电图", "absent"),
        ("super_NORM", "窦性心律，正常心电图", "present"),
        ("rhythm_AFIB", "窦性心律，ST-T 改变", "unclear"),
        ("form_WPW", "预激综合征", "unclear"),
    ],
)
def test_ecg_statements(finding, impression, meant):
    assert said(finding, impression) == meant


def test_wilsons_interval_is_that_of_the_textbook():
    low, high = Share(81, 263).interval
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)  # Newcombe, Stat Med 1998, table I
    assert Share(0, 10).interval[0] == 0.0
    assert Share(0, 0).interval is None and Share(0, 0).value is None


def test_unclear_reports_count_nowhere_but_as_unclear():
    counts = Matrix(8, 1, 5, 2, 9, 3)
    assert (counts.sensitivity, counts.specificity) == (Share(8, 10), Share(9, 10))
    assert (counts.agreement, counts.unclear) == (Share(17, 20), 8)


def test_a_sites_threshold_decides_and_the_reading_says_so():
    finding = Finding("pneumonia", "肺炎征象", "Pneumonia", 0.6, 0.5, True)
    reading = Reading("m", "1", "", True, scores={"pneumonia": 0.6}, findings=(finding,))
    there = with_site_thresholds(
        reading, {"pneumonia": SiteThreshold(0.7, 3), "fracture": SiteThreshold(0.1, 1)}
    )
    assert (there.findings[0].threshold, there.findings[0].positive) == (0.7, False)
    assert there.site_thresholds == {"pneumonia": 3}
    assert there.scores == reading.scores
    assert with_site_thresholds(reading, {}) is reading


def test_the_same_distribution_is_steady_and_a_shifted_one_is_not():
    values = [n / 200 for n in range(200)]
    assert stability_index(values, values[::2]) < 0.02
    assert stability_index(values, [value / 2 + 0.5 for value in values]) > 0.25
    assert stability_index(values, values[:10]) is None


def test_what_chance_alone_does_to_few_cases_is_no_drift():
    generator = Random(1)
    weeks = weeks_of([(f"2026-W{n}", [generator.gauss(0, 1) for _ in range(36)]) for n in range(60)])
    assert sum(week.verdict in ("some", "much") for week in weeks[4:]) <= 3


def test_weeks_are_compared_with_the_first_four():
    steady = [n / 100 for n in range(100)]
    weeks = weeks_of(
        [(f"2026-W{n}", steady) for n in range(5)] + [("2026-W6", [0.9 + n / 1000 for n in range(60)])]
    )
    assert [week.verdict for week in weeks] == ["few"] * 4 + ["steady", "much"]
    assert (weeks[0].n, round(weeks[0].middle, 3)) == (100, 0.495)
