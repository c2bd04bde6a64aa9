"""Why something was not assessed or not measured: one stable key each, one sentence per language."""

#: key: (Chinese, English). A key may carry a detail after a second colon, shown as it is.
REASONS: dict[str, tuple[str, str]] = {
    "out-of-scope:modality": ("此类检查不在模型适用范围内", "No model reads this kind of object"),
    "out-of-scope:body-part": ("此部位不在模型适用范围内", "No model reads this body part"),
    "out-of-scope:unknown-part": ("部位不明，未评估", "The body part is neither named nor recognised"),
    "out-of-scope:contradiction": (
        "标注部位与图像内容不符",
        "The header names one body part, the picture shows another",
    ),
    "out-of-scope:lateral-chest": ("胸部侧位片不在模型适用范围内", "Lateral chest films are not read"),
    "out-of-scope:picture": ("图像不像所适用的平片", "The picture does not look like a film the model reads"),
    "out-of-scope:screenshot": ("屏幕截图不在模型适用范围内", "Screenshots are not read"),
    "out-of-scope:inverted": (
        "图像黑白反转（光度解释可能有误），未评估",
        "Black and white are exchanged; the PhotometricInterpretation may be wrong",
    ),
    "out-of-scope:turned": ("胸片未正立，未评估", "The chest does not stand upright in the picture"),
    "out-of-scope:cropped": ("只见部分、侧位或被裁切，未评估", "Only a part is shown, or a lateral view"),
    "out-of-scope:colour": (
        "彩色图像或屏幕截图不在适用范围内",
        "Colour pictures and screenshots are not read",
    ),
    "out-of-scope:multi-frame": ("多帧图像不在模型适用范围内", "Multi-frame images are not read"),
    "out-of-scope:localizer": ("定位图或文字截图不评估", "Localizers and captured text are not read"),
    "out-of-scope:not-an-ecg": ("不是可读的心电图", "This is not an ECG that can be read"),
    "out-of-scope:not-a-picture": ("不是可读的图像", "This is not a picture that can be read"),
    "failed:unreadable": ("文件无法读取", "The file cannot be read"),
    "for-processing": ("原始待处理图像，无法评估", "Raw data for processing, not for reading"),
    "blank": ("图像空白或无内容", "The picture is blank"),
    "too-small": ("图像过小，无法评估", "The picture is too small to assess"),
    "not-pixels": ("像素数据无法使用", "The pixel data cannot be used"),
    "too-few-leads": ("导联不足，需要 I、II、V1–V6", "Leads are missing; I, II and V1–V6 are needed"),
    "flat-lead": ("导联无信号（脱落或平直）", "A lead carries no signal"),
    "saturated-most": ("导联大部分时间饱和", "A lead is saturated most of the time"),
    "too-noisy": ("干扰过大，无法评估", "Too noisy to assess"),
    "st-secondary": (
        "QRS 增宽或起搏，ST 改变为继发，不判断",
        "Wide or paced complexes move ST by themselves; not judged",
    ),
    "leads-misplaced": ("疑导联接错，不按导联判断", "Leads seem misplaced; not judged by lead"),
    "not-measured-here": ("本系统不能自动测量", "This is not measured automatically"),
    "rule-pack-unreadable": ("危急值规则包无法读取", "The rule pack cannot be read"),
    "missing-samples": ("信号缺失过多", "Too many samples are missing"),
    "too-short": ("记录过短，至少需要 5 秒", "The recording is too short; 5 s are needed"),
    "rate-too-low": ("采样率过低，至少需要 100 Hz", "The sampling rate is too low; 100 Hz are needed"),
    "not-a-signal": ("信号数据无法使用", "The signal cannot be used"),
    "weights-missing": ("模型权重文件缺失", "The model's weight file is missing"),
    "weights-digest": (
        "模型权重文件与登记的校验值不符",
        "The model's weight file is not the one in its catalogue",
    ),
    "weights-unreadable": ("模型权重文件无法读取", "The model's weight file cannot be read"),
    "weights-shape": ("模型输入形状与登记不符", "The model's input is not what its catalogue says"),
    "card-unreadable": ("模型说明卡缺失或无法读取", "The model's card is missing or cannot be read"),
    "code-unreadable": ("模型程序无法载入", "The model's code cannot be loaded"),
    "no-model": ("没有适用的模型", "There is no model for this"),
    "failed:worker-lost": ("评估进程意外终止", "The process that assessed it ended unexpectedly"),
    "failed:too-long": ("评估超时", "The assessment took too long and was ended"),
    "age-unknown": (
        "年龄未知：模型对儿童与成人的准确度不同",
        "The age is not known; the model's figures differ between children and adults",
    ),
    "failed:not-finite": ("模型输出无效", "The model's answer was not a number"),
    "failed:error": ("评估过程出错", "The assessment failed"),
    "no-beats": ("未能检出心搏", "No heart beats were found"),
    "too-few-beats": ("心搏过少，无法测量", "Too few beats to measure"),
    "no-p-wave": ("未见可测量的 P 波", "No P wave that could be measured"),
    "fibrillation-or-flutter": ("判为房颤或房扑", "Called atrial fibrillation or flutter"),
    "no-t-wave": ("未见可测量的 T 波", "No T wave that could be measured"),
    "no-onset": ("波形起止点无法确定", "The wave's ends could not be found"),
    "implausible": ("测量结果不可信", "The result is outside what a heart can do"),
}


def reason_text(reason: str, language: str = "zh") -> str:
    """Return the sentence for a reason key in "zh" or "en"; an unknown key is shown itself."""
    if not reason:
        return ""
    key, detail = _split(reason)
    if key not in REASONS:
        return reason
    sentence = REASONS[key][0 if language == "zh" else 1]
    return f"{sentence} ({detail})" if detail else sentence


def _split(reason: str) -> tuple[str, str]:
    """Return the longest known key that `reason` begins with, and what follows it."""
    parts = reason.split(":")
    for count in range(len(parts), 0, -1):
        key = ":".join(parts[:count])
        if key in REASONS:
            return key, ":".join(parts[count:])
    return reason, ""
