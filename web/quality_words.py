"""The words for findings, measures and models on the pages about the models' quality."""

from flask_babel import lazy_gettext

_l = lazy_gettext

FINDINGS = {
    "pneumonia": _l("肺炎征象"), "fracture": _l("骨折"), "super_NORM": _l("正常心电图"),
    "rhythm_AFIB": _l("心房颤动"), "rhythm_AFLT": _l("心房扑动"), "rhythm_STACH": _l("窦性心动过速"),
    "rhythm_SBRAD": _l("窦性心动过缓"), "form_PVC": _l("室性早搏"),
}  # fmt: skip
MEASURES = {
    "brightness": _l("平均亮度（0–255）"), "contrast": _l("亮度标准差（0–255）"),
    "long_side": _l("长边（像素）"), "amplitude": _l("振幅（µV）"),
}  # fmt: skip
MODELS = {
    "chest_pneumonia": _l("胸片"), "bone_fracture": _l("骨片"), "ecg_ptbxl": _l("心电图"),
}  # fmt: skip
VERDICTS = {
    "few": _l("例数不足，不作比较"), "steady": _l("与基线一致"), "some": _l("有些变化，请留意"),
    "much": _l("明显变化：请核对设备、参数与阈值"),
}  # fmt: skip


def finding_name(code: str) -> str:
    """Return a finding's name, its code where it has none here."""
    return str(FINDINGS.get(code, code))


def measure_name(part: str, measure: str) -> str:
    """Return the name of a score or of an input's figure."""
    return finding_name(measure) if part == "scores" else str(MEASURES.get(measure, measure))


def model_name(model: str) -> str:
    """Return what a model reads."""
    return str(MODELS.get(model, model))
