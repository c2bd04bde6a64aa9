"""What the header says an image is: which body part, which view, and whether it is a film at all."""

import re

from hub.domain.subject import ImageFacts

FILM_MODALITIES = frozenset(
    {"CR", "DX", "RG", "DR", "XR"}
)  # PS3.3 C.7.3.1.1.1, and what older gateways write
#: Gateways wrap films so; the modality must then say film, and the pixels must show the part (PS3.4 B.5).
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
#: PS3.4 B.5: Computed Radiography; Digital X-Ray for presentation and for processing.
FILM_CLASSES = (
    "1.2.840.10008.5.1.4.1.1.1",
    "1.2.840.10008.5.1.4.1.1.1.1",
    "1.2.840.10008.5.1.4.1.1.1.1.1",
    SECONDARY_CAPTURE,
)
DRAWN_TYPES = frozenset({"LOCALIZER", "SCREEN SAVE", "SCREENSAVE", "SCREENSHOT", "REPORT", "DOSE_INFO"})

#: Looked for in this order: a thoracic spine is no chest, a chest wall is no limb.
PARTS = (
    (
        "other",
        r"SPINE|\bRIBS?\b|STERN|ABDOM|\bKUB\b|SKULL|\bHEAD\b|NECK|BREAST|MAMMO|SINUS|\bJAW|DENT|TOOTH|TEETH|FACE"
        r"|椎|肋|胸骨|腹|头|颅|颈|乳|鼻|颌|牙|面",
    ),
    ("chest", r"CHEST|THORAX|LUNG|\bCXR\b|HEART|胸|肺|心脏"),
    (
        "bone",
        r"HAND|WRIST|FINGER|THUMB|CARP|RADIUS|ULNA|FOREARM|ELBOW|HUMER|UPPER ?ARM|\bARM\b|SHOULDER"
        r"|CLAVIC|SCAPUL"
        r"|FOOT|FEET|ANKLE|TOE|TARS|HEEL|CALCAN|\bLEG\b|LOWER ?LEG|TIBIA|FIBULA|KNEE|PATELLA|FEMUR|THIGH"
        r"|\bHIP\b"
        r"|PELVIS|EXTREMIT|LIMB"
        r"|手|腕|指|掌|桡|尺骨|前臂|肘|肱|上臂|肩|锁骨|足|踝|趾|跟骨|小腿|胫|腓|膝|髌|股骨|大腿|髋|骨盆|四肢|上肢|下肢",
    ),
)
LATERAL_VIEWS = frozenset({"LL", "RL", "LLD", "RLD", "LAT", "LATERAL"})  # PS3.3 C.8.11.1, C.8.1.1
LATERAL_WORDS = re.compile(r"(?<!BI)\bLAT(ERAL)?\b|侧位|侧卧", re.IGNORECASE)
FRONTAL_WORDS = re.compile(r"\b(PA|AP)\b|FRONTAL|正位|正侧位", re.IGNORECASE)


def refuse_header(facts: ImageFacts) -> str:
    """Return why the header makes this no film to read (a reason key), or ""."""
    if not _is_film(facts):
        return "out-of-scope:modality"
    if facts.for_processing:
        return "for-processing"
    if facts.frames > 1:
        return "out-of-scope:multi-frame"
    types = {value.strip().upper() for value in facts.image_type}
    return "out-of-scope:localizer" if types & DRAWN_TYPES else ""


def named_part(facts: ImageFacts) -> str:
    """Return "chest", "bone", "other" or, when the header is silent, ""; the body part outranks
    descriptions."""
    for text in (facts.body_part, facts.series_description, facts.study_description):
        words = text.upper().replace("_", " ")
        for part, pattern in PARTS:
            if re.search(pattern, words):
                return part
    return ""


def says_lateral(facts: ImageFacts) -> bool:
    """Return whether view or series description says a lateral view and nothing says a frontal one."""
    view = facts.view_position.strip().upper()
    if view:
        return view in LATERAL_VIEWS
    text = facts.series_description
    return bool(LATERAL_WORDS.search(text)) and not FRONTAL_WORDS.search(text)


def _is_film(facts: ImageFacts) -> bool:
    """Both must allow it: the class says what the object is, the modality what the machine was."""
    modality = facts.modality.strip().upper()
    if facts.sop_class_uid and facts.sop_class_uid not in FILM_CLASSES:
        return False
    unsaid = not modality and facts.sop_class_uid not in ("", SECONDARY_CAPTURE)
    return modality in FILM_MODALITIES or unsaid
