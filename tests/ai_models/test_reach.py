"""What the cards say of the classes that models read is what the models do."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ai_models.reach import picture_classes
from ai_models.registry import load_models, route
from ai_models.subjects import Picture
from hub.domain.subject import ImageFacts

CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "US": "1.2.840.10008.5.1.4.1.1.6.1",
    "MG": "1.2.840.10008.5.1.4.1.1.1.2",
    "OT": "1.2.840.10008.5.1.4.1.1.7.2",
}


@pytest.fixture(scope="module")
def models():
    return load_models()


@pytest.mark.parametrize("modality", CLASSES)
def test_no_model_takes_a_picture_beyond_what_the_cards_say(models, modality: str) -> None:
    reach = picture_classes()
    assert reach is not None and CLASSES[modality] not in reach
    facts = ImageFacts(CLASSES[modality], modality, rows=64, columns=64)
    pixels = np.full((64, 64), 90, np.uint8)
    for said in (modality, "DX", ""):
        chosen = route(models, Picture(pixels, replace(facts, modality=said)))
        assert (chosen.model, chosen.reason) == (None, "out-of-scope:modality")


def test_a_card_that_does_not_say_or_cannot_be_read_leaves_it_to_the_models(tmp_path: Path) -> None:
    card = tmp_path / "toy" / "card.json"
    card.parent.mkdir()
    card.write_text(json.dumps({"kind": "image", "sop_classes": ["1.2"]}))
    assert picture_classes(tmp_path) == {"1.2"}
    for text in (json.dumps({"kind": "image"}), "{", json.dumps({"sop_classes": ["1.2"]})):
        card.write_text(text)
        assert picture_classes(tmp_path) is None
    card.write_text(json.dumps({"kind": "ecg"}))
    assert picture_classes(tmp_path) == frozenset()
