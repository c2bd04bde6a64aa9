"""Normal templates by examination: what a reader starts from when there is nothing to see."""

from dataclasses import dataclass

from hub.domain.report import ReportText


@dataclass(frozen=True)
class Template:
    """A text, and the examinations it fits: modality, and words of body part or description."""

    modalities: tuple[str, ...]
    words: tuple[str, ...]
    text: ReportText


FILM = ("DX", "CR", "DR", "RG")

#: The first that fits is offered; an entry without words fits its modality whatever the body part.
TEMPLATES: tuple[Template, ...] = (
    Template(
        FILM, ("CHEST", "THORAX", "LUNG", "胸", "肺"),
        ReportText(
            "胸廓对称，气管居中。双肺纹理清晰，走行自然，肺野内未见明确实变影及结节影。双肺门影不大。"
            "纵隔不宽，心影大小、形态在正常范围。双侧膈面光整，肋膈角锐利。所见骨质未见明确异常。",
            "心、肺、膈未见明确异常。",
        ),
    ),
    Template(
        FILM, ("SPINE", "CSPINE", "LSPINE", "TSPINE", "椎", "脊柱"),
        ReportText(
            "脊柱序列可，生理曲度存在。各椎体形态、高度未见明确异常，椎间隙未见明确变窄，"
            "附件未见明确异常。椎旁软组织未见明确异常。",
            "所摄脊柱未见明确骨质异常。",
        ),
    ),
    Template(
        FILM,
        (
            "HAND", "WRIST", "FOREARM", "ELBOW", "ARM", "HUMERUS", "SHOULDER", "CLAVICLE", "FOOT", "ANKLE",
            "LEG", "KNEE", "FEMUR", "HIP", "FINGER", "TOE", "EXTREMITY", "手", "腕", "臂", "肘", "肩", "锁骨",
            "足", "踝", "腿", "膝", "股骨", "髋", "指", "趾", "四肢",
        ),
        ReportText(
            "所摄诸骨骨皮质连续，骨小梁走行自然，未见明确骨折线影。关节对位可，关节间隙未见明确变窄。"
            "周围软组织未见明确异常密度影。",
            "所摄骨与关节未见明确骨折及脱位。",
            "必要时复查或进一步检查。",
        ),
    ),
    Template(
        ("CT",), ("CHEST", "THORAX", "LUNG", "胸", "肺"),
        ReportText(
            "胸廓对称。双肺纹理走行自然，肺内未见明确实变影、结节影。气管、支气管通畅。纵隔内未见明确肿大淋巴结。"
            "心影大小、形态未见明确异常。双侧胸腔未见积液。",
            "胸部 CT 平扫未见明确异常。",
        ),
    ),
    Template(
        ("CT",), ("HEAD", "BRAIN", "SKULL", "头", "颅", "脑"),
        ReportText(
            "脑实质密度未见明确异常，灰白质分界清。脑室系统大小、形态正常，脑沟、脑池未见增宽。中线结构居中。"
            "所见颅骨骨质未见明确异常。",
            "颅脑 CT 平扫未见明确异常。",
        ),
    ),
    Template(
        ("CT",), ("ABDOMEN", "LIVER", "腹", "肝"),
        ReportText(
            "肝脏大小、形态未见明确异常，实质密度均匀，肝内外胆管未见扩张。胆囊、胰腺、脾脏未见明确异常。"
            "双肾未见明确结石及积水。腹腔未见积液，腹膜后未见明确肿大淋巴结。",
            "腹部 CT 平扫未见明确异常。",
        ),
    ),
    Template(
        ("US",), ("ABDOMEN", "LIVER", "KIDNEY", "腹", "肝", "胆", "胰", "脾", "肾"),
        ReportText(
            "肝脏大小、形态正常，包膜光整，实质回声均匀，肝内管道走行清晰。"
            "胆囊大小正常，壁不厚，腔内未见明确异常回声。"
            "胰腺、脾脏大小、回声未见明确异常。双肾大小、形态正常，集合系统未见分离。",
            "肝、胆、胰、脾、双肾声像图未见明确异常。",
        ),
    ),
    Template(
        ("ECG",), (),
        ReportText(
            "窦性心律。P 波、PR 间期、QRS 波群、ST 段及 T 波未见明确异常。",
            "窦性心律，正常范围心电图。",
        ),
    ),
)  # fmt: skip


def normal_template(modality: str, *said: str) -> ReportText:
    """Return the normal text for `modality` and what the header says of body part and description.

    Empty where no template fits: none is better than one for another organ.
    """
    heard = " ".join(said).upper()
    for template in TEMPLATES:
        if modality in template.modalities and _fits(template, heard):
            return template.text
    return ReportText("", "")


def _fits(template: Template, heard: str) -> bool:
    return not template.words or any(word in heard for word in template.words)
