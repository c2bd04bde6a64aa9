"""Why an ECG file is not taken: one stable key each, one sentence per language."""

from dicom.errors import NotAnEcg

#: key: (Chinese, English); `{}` stands for the detail.
SENTENCES: dict[str, tuple[str, str]] = {
    "empty": ("文件是空的", "The file is empty"),
    "too-large": (
        "文件超过 {}，静息心电图不会这么大；未导入",
        "The file is larger than {}, which no resting ECG is; it was not imported",
    ),
    "unknown-format": ("不是本系统认识的心电图格式", "This is no ECG format that is known here"),
    "picture": (
        "{} 只是图像，不含心电波形；请从心电图机导出数据文件",
        "A {} is only a picture and holds no waveform; export the data file from the electrocardiograph",
    ),
    "broken": (
        "{} 文件已损坏或不完整，无法读取",
        "The {} file is broken or incomplete and cannot be read",
    ),
    "hostile": (
        "文件含有不允许的 XML 实体声明，已拒绝",
        "The file declares XML entities, which is not allowed; it was refused",
    ),
    "took-too-long": (
        "文件无法在限定的时间和内存内读完，已拒绝",
        "The file could not be read within the time and memory allowed; it was refused",
    ),
    "no-waveform": ("文件中没有心电波形", "The file holds no ECG waveform"),
    "no-lead": (
        "没有一个通道是标准十二导联之一",
        "No channel is one of the twelve standard leads",
    ),
    "no-voltage": (
        "通道 {} 没有电压单位，无法换算为微伏",
        "Channel {} has no unit of voltage and cannot be given in microvolts",
    ),
    "uneven": (
        "各导联的采样率或长度不一致",
        "The leads differ in sampling rate or length",
    ),
    "rate": ("采样率 {} Hz 不是静息心电图的采样率", "A sampling rate of {} Hz is none of a resting ECG"),
    "too-short": (
        "记录只有 {} 秒，不足以阅读",
        "The recording holds only {} s, too little to be read",
    ),
    "too-long": (
        "记录长达 {} 分钟，是动态心电图；这里只导入静息心电图",
        "The recording is {} minutes long, which is a Holter; only resting ECGs are imported here",
    ),
    "too-high": ("电压超出心电图可能的范围", "The voltages are beyond what an ECG can be"),
    "not-an-ecg": (
        "这个 DICOM 对象不是心电图",
        "This DICOM object is no ECG",
    ),
    "unreadable-dicom": ("DICOM 文件无法读取", "The DICOM file cannot be read"),
    "archive": (
        "压缩包里应只有一份 WFDB 记录：一个 .hea 文件和它的数据文件",
        "The archive must hold one WFDB record: one .hea file and its data files",
    ),
    "refused": ("中心没有接受这个对象", "The hub does not take this object"),
}  # fmt: skip


class NotImported(NotAnEcg):
    """The file is not taken for the reason `key`; `str()` is the English sentence."""

    def __init__(self, key: str, detail: str = "") -> None:
        super().__init__(refusal_text(key, detail, "en"))
        self.key, self.detail = key, detail


def refusal_text(key: str, detail: str = "", language: str = "zh") -> str:
    """Return the sentence for a refusal in "zh" or "en"."""
    return SENTENCES[key][0 if language == "zh" else 1].format(detail)
