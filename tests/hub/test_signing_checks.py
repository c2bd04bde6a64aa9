"""The checks before a signature: each rule speaks where it should and is silent where it should not."""

import time
from dataclasses import replace

import pytest

from hub.domain import signing_checks
from hub.domain.report import ReportText
from hub.domain.signing_case import SigningCase
from hub.domain.signing_checks import concerns_about, open_concerns, rules
from hub.store.shipped_templates import shipped_templates

FILM = SigningCase(ReportText("双肺纹理清晰。", "心、肺、膈未见明确异常。"), "DX", "M", "张三", "胸部正位")
HAND = replace(FILM, text=ReportText("骨皮质连续。", "未见骨折。"), ordered="左手正斜位")
ECG = replace(FILM, text=ReportText("窦性心律。", "窦性心律。"), modality="ECG", ordered="", heart_rate=72.0)


def text(findings, impression, advice=""):
    return ReportText(findings, impression, advice)


CASES = [
    ("laterality", replace(HAND, text=text("右手第五掌骨骨皮质不连续。", "右手骨折。"))),
    ("laterality", replace(HAND, ordered="HAND", lateralities=frozenset("R"), text=text("a", "左手骨折"))),
    ("laterality", replace(HAND, ordered="RIGHT HAND", text=text("a", "左腕骨折"))),
    ("sex", replace(FILM, text=text("子宫大小正常。", "未见明显占位。"))),
    ("sex", replace(FILM, sex="F", text=text("前列腺增大。", "前列腺增生。"))),
    ("empty", replace(FILM, text=text("双肺纹理清晰。", "。"))),
    ("residue", replace(FILM, text=text("【左/右】肺片影。", "肺炎。"))),
    ("residue", replace(FILM, text=text("结节约 __ mm。", "结节。"))),
    ("normal", replace(FILM, found=("肺炎",))),
    ("normal", replace(FILM, lesions_mm=(8.25,))),
    ("critical", replace(FILM, text=text("高密度影。", "右侧基底节区脑出血。"))),
    ("critical", replace(FILM, text=text("压缩 80%。", "右侧气胸。", "危急值，请立即联系临床。"))),
    ("heart-rate", replace(ECG, text=text("窦性心律，心率 98 次/分。", "窦性心律。"))),
    ("heart-rate", replace(ECG, text=text("窦性。", "窦性心动过速。"))),
    ("heart-rate", replace(ECG, text=text("窦性。", "窦性心动过缓。"))),
    ("other-patient", replace(FILM, other_names=frozenset({"李小雨"}), text=text("李小雨双肺清晰。", "好"))),
    (
        "other-patient",
        replace(FILM, other_names=frozenset({"李明"}), text=text("患者：李明，双肺清。", "好")),
    ),
    ("units", replace(FILM, text=text("见结节，大小约 8×6。", "结节。"))),
    ("units", replace(FILM, text=text("见结节，大小约 80cm。", "结节。"))),
    ("units", replace(FILM, text=text("纵膈不宽。", "肺炎。"))),
    ("untouched", replace(FILM, untouched=True)),
]
QUIET = [
    FILM,
    HAND,
    ECG,
    replace(HAND, text=text("左手骨皮质不连续。", "左手骨折。")),
    replace(HAND, ordered="双手正位", text=text("右手骨折线。", "右手骨折。")),
    replace(FILM, ordered="胸部左侧位", text=text("右下肺片影。", "右下肺炎。")),
    replace(FILM, text=text("可见片影。", "肺炎。"), found=("肺炎",)),
    replace(FILM, text=text("高密度影。", "脑出血。"), critical_noticed=True),
    replace(FILM, text=text("脑实质未见异常。", "未见脑出血；脑出血术后改变。")),
    replace(ECG, text=text("窦性心律，心率 74 次/分。", "窦性心律。")),
    replace(FILM, other_names=frozenset({"张三", "肺炎"}), text=text("患者张三，片影。", "肺炎。")),
    replace(FILM, text=text("见结节，大小约 8×6 mm。", "结节。")),
    replace(FILM, text=text("前列腺增大。", "前列腺增生。")),
]


@pytest.mark.parametrize(("key", "case"), CASES)
def test_a_contradiction_is_named_by_its_rule_alone(key, case):
    assert [one.key for one in concerns_about(case)] == [key]


@pytest.mark.parametrize("case", QUIET)
def test_a_sound_report_meets_no_concern(case):
    assert concerns_about(case) == ()


def test_every_rule_has_a_case_that_it_speaks_about():
    assert {rule.KEY for rule in rules()} == {key for key, _case in CASES}


def test_a_rule_is_added_by_a_file_in_the_folder(tmp_path, monkeypatch):
    (tmp_path / "added_rule.py").write_text("KEY = 'added'\n\n\ndef concerns(case):\n    yield 'too short'\n")
    monkeypatch.setattr(signing_checks, "__path__", [*signing_checks.__path__, str(tmp_path)])
    rules.cache_clear()
    try:
        assert [(one.key, one.said) for one in concerns_about(FILM)] == [("added", "too short")]
    finally:
        rules.cache_clear()


def test_a_reason_of_a_few_characters_answers_a_concern_and_no_other():
    case = replace(FILM, found=("肺炎",), untouched=True)
    assert [one.key for one in open_concerns(case, {"normal": "旧片已有，复查无变化"})] == ["untouched"]
    assert [one.key for one in open_concerns(case, {"normal": " ", "untouched": "已核对"})] == ["normal"]


def test_no_normal_template_that_is_shipped_meets_a_concern():
    for one in shipped_templates():
        if one.kind == "normal":
            case = SigningCase(one.text, one.modalities[0], "M", "张三", "".join(one.words[-1:]))
            assert concerns_about(case) == (), one.slug


def test_all_rules_together_are_far_quicker_than_a_fifth_of_a_second():
    names = frozenset(f"赵钱孙{chr(0x4E00 + n)}" for n in range(2000))
    long = replace(
        FILM, text=text("双肺纹理清晰，大小约 8 mm。" * 600, "右下肺炎。" * 200), other_names=names
    )
    concerns_about(long)
    began = time.perf_counter()
    concerns_about(long)
    assert time.perf_counter() - began < 2.0
