"""Pneumonia on a frontal chest film, with a box drawn from the network's own map."""

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import find_objects, label, zoom

from ai_models.finding_model import Answer
from ai_models.scope.admit import CHEST, refuse_picture
from ai_models.scope.grey import grey_of
from ai_models.subjects import Picture
from hub.domain.finding import Box, Finding

SIDE = 224
#: JPEG quality of the children's training pictures (see the data's README).
TRAINED_QUALITY = 75
#: The map is cut at this share of its highest place (Zhou et al., CVPR 2016, cut at 20 % to hold whole
#: objects; an opacity is smaller than the network's field of view, so the cut is higher: at half the height a
#: box often held both lungs). Chosen by eye on three films: the data has no boxes to measure it by.
CUT = 0.7
FINER = 8
ADULT_FROM = 15
MOST_BOXES = 2


def refuse(picture: Picture) -> str:
    """Return why the picture is no frontal chest film to read, or ""."""
    return refuse_picture(picture, CHEST)


def prepare(picture: Picture) -> NDArray[np.float32]:
    """Return float32 [1, 1, 224, 224], squashed to a square as the training pictures were.

    Values are (grey − 127) / 128.
    """
    grey = Image.fromarray(grey_of(picture.pixels))
    if grey.size != (SIDE, SIDE):
        grey = as_trained(grey.resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    return ((np.asarray(grey, dtype=np.float32) - 127.0) / 128.0)[None, None]


def as_trained(grey: Image.Image) -> Image.Image:
    """Return `grey` after a JPEG round trip like that of every picture the network was trained on.

    Without it, full-size films score lower than their small copies: on the 12 full-size films with
    pneumonia at hand, 7 instead of 9 reach the threshold, and the 12 normal ones stay below it either way.
    """
    stream = BytesIO()
    grey.save(stream, "JPEG", quality=TRAINED_QUALITY)
    return Image.open(stream)


def interpret(outputs: list[NDArray[np.float32]], picture: Picture, settings: dict[str, Any]) -> Answer:
    """Return the probability and up to two boxes in pixels of the stored image."""
    probability = round(float(outputs[0][0]), 5)
    rows, columns = picture.pixels.shape[:2]
    threshold = float(settings[_threshold_for(picture, settings)])
    finding = Finding(
        code="pneumonia",
        label_zh="肺炎征象",
        label_en="Pneumonia",
        probability=probability,
        threshold=threshold,
        positive=probability >= threshold,
        boxes=boxes_of(outputs[1][0], rows, columns, probability),
    )
    return Answer({"pneumonia": probability}, (finding,))


def _threshold_for(picture: Picture, settings: dict[str, Any]) -> str:
    """Return which threshold counts: adults' own where the card has one; an unknown age is a child's."""
    age = picture.facts.patient_age_years
    adult = age is not None and age >= ADULT_FROM
    return "adult_threshold" if adult and "adult_threshold" in settings else "threshold"


def boxes_of(cam: NDArray[np.float32], rows: int, columns: int, probability: float) -> tuple[Box, ...]:
    """Return boxes about the places of the map above CUT of its height, the strongest first."""
    height = float(cam.max())
    if height <= 0:
        return ()
    fine = zoom(np.maximum(cam, 0), FINER, order=1, grid_mode=True, mode="nearest")
    regions, count = label(fine >= CUT * height)
    weights = [float(fine[regions == index + 1].sum()) for index in range(count)]
    order = np.argsort(weights)[::-1][:MOST_BOXES]
    found = find_objects(regions)
    down, across = rows / fine.shape[0], columns / fine.shape[1]
    return tuple(
        Box(
            (
                round(found[i][1].start * across, 1),
                round(found[i][0].start * down, 1),
                round(found[i][1].stop * across, 1),
                round(found[i][0].stop * down, 1),
            ),
            round(probability * weights[i] / max(weights), 5),
        )
        for i in order
    )
