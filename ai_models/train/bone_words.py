"""What the bone card says in words: use, data, method, limits, and the mistakes it was surest of."""

import numpy as np
from numpy.typing import NDArray

from ai_models.findings.bone_fracture.model import SIDE
from ai_models.train.bone_data import LEFT_OUT, BoneSet

TOLD = 4
REGIONS = ("hand", "leg", "hip", "shoulder")


def failures(data: BoneSet, score: NDArray, threshold: float) -> list[str]:
    """Return how many films were missed and claimed, and the surest of each, one sentence each."""
    sentences = []
    for ill, word in ((True, "missed"), (False, "claimed")):
        rows = np.flatnonzero(((data.labels > 0.5) == ill) & ((score < threshold) == ill))
        sentences.append(f"{len(rows)} {word} at {threshold:.2f}.")
        order = rows[np.argsort(score[rows] if ill else -score[rows])][:TOLD]
        sentences += [f"{_what(data, int(row))}: {word} at {score[row]:.2f}." for row in order]
    return sentences


def _what(data: BoneSet, row: int) -> str:
    told = data.rows[row]
    parts = [told["image_id"], " and ".join(region for region in REGIONS if told[region] == "1")]
    if len(data.boxes[row]):
        sides = np.sqrt(np.prod(data.boxes[row][:, 2:] - data.boxes[row][:, :2], axis=1))
        parts.append(f"largest box {sides.max():.0f} px of {max(int(told['width']), int(told['height']))}")
    if told["hardware"] == "1":
        parts.append("with hardware")
    return ", ".join(part for part in parts if part)


def sections(settings: dict[str, float]) -> dict[str, list[str]]:
    """Return the card's sections of sentences."""
    return {
        "Intended use": [
            "A pre-read beside a doctor who reads the film: it points at places that may be broken and "
            "never signs.",
            "Films of hand, arm, leg, foot, hip and shoulder, any view.",
        ],
        "Data": [
            "FracAtlas: Abedeen I., Rahman M.A., Prottyasha F.Z. et al., Sci Data 10, 521 (2023), "
            "doi:10.1038/s41597-023-02432-4, CC BY 4.0. Changed: grey, long side 454 px, duplicates removed.",
            "Split by blocks of neighbouring numbers, for there are no patient numbers; intervals draw "
            "whole blocks again.",
            f"Blocks {', '.join(sorted(LEFT_OUT))} were left out of training, so that IMG0000003, "
            "IMG0000025, IMG0000106 and "
            "IMG0000201 are new to the model; IMG0002306, IMG0002346, IMG0002369 and IMG0002374 were "
            "seen in training.",
        ],
        "Method": [
            "EfficientNet-Lite0 from ImageNet (Apache-2.0), stem and first blocks frozen, features of "
            "strides 8, 16 and 32 joined; "
            "a heat map of box centres (CenterNet) with distances to the sides (FCOS), and one logit for "
            "the picture.",
            "The mean of two such networks, which learned for 12 and 18 epochs with stronger and weaker "
            "changes of place and size, from crops of 256 px about fractures and elsewhere; read whole with "
            f"the long side at {SIDE} px, and once more as a mirror image.",
            f"Probability: logistic of {settings['picture']} × picture logit + {settings['heat']} × "
            "highest heat logit "
            f"+ {settings['constant']}, fitted on val. "
            "A box has its own probability, from its heat and the picture's logit, fitted on val to its "
            "centre lying in a drawn box.",
        ],
        "Thresholds": [
            f"{settings['threshold']:.2f}: best F1 on val, where a third of the films are fractured as in no "
            "clinic: a site that wants fewer misses lowers its own threshold, and sees what it costs in its "
            "table of signed reports."
        ],
        "Limits": [
            "Published detectors find more boxes (mAP50 .40 to .48 on the official test range); they learned "
            "on many more pictures of other things first.",
            "Most films were published at 373 × 454 px: hairline fractures are near the limit of what "
            "can be seen.",
            "A fracture means visible, not fresh; casts and healing fractures count. Metal is nearly "
            "always with a fracture here.",
            "Skull, spine, ribs and face are out of scope and refused where header or pixels say so.",
            "Shoulders and hips are thin in the data.",
            "Not validated for clinical use.",
        ],
    }
