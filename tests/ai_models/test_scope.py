"""The chest model never scores a hand, nor the bone model a chest, whatever the header says."""

from dataclasses import replace

import numpy as np
import pytest

from ai_models.registry import pre_read, route
from ai_models.scope.header import named_part, says_lateral
from ai_models.subjects import Picture
from hub.domain.subject import ImageFacts

ULTRASOUND = "1.2.840.10008.5.1.4.1.1.6.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
FOR_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.1.1"


def routed(models, picture):
    chosen = route(models, picture)
    return chosen.model.name if chosen.model else ""


def test_films_with_an_honest_header_go_to_their_model(models, chest_films, bone_films):
    assert all(routed(models, picture) == "chest_pneumonia" for picture, _ in chest_films)
    taken = [routed(models, picture) == "bone_fracture" for picture, _ in bone_films]
    assert sum(taken) >= len(taken) - 1


def test_films_with_a_silent_header_are_told_apart_by_their_pixels(models, chest_films, bone_films, facts):
    chests = [routed(models, replace(p, facts=facts["silent"])) for p, _ in chest_films]
    bones = [routed(models, replace(p, facts=facts["silent"])) for p, _ in bone_films]
    assert chests.count("chest_pneumonia") >= len(chests) - 1
    assert bones.count("bone_fracture") >= len(bones) - 3
    assert "bone_fracture" not in chests and "chest_pneumonia" not in bones


def test_a_lying_header_makes_no_model_read_the_wrong_part(models, chest_films, bone_films, facts):
    for picture, _ in bone_films:
        assert routed(models, replace(picture, facts=facts["chest"])) == ""
    for picture, _ in chest_films:
        reading = pre_read(models, replace(picture, facts=facts["hand"]))
        assert reading.reason == "out-of-scope:contradiction"


def test_a_lateral_chest_is_refused_as_one(models, chest_films):
    picture, _ = chest_films[0]
    lateral = replace(picture, facts=replace(picture.facts, view_position="LL"))
    assert pre_read(models, lateral).reason == "out-of-scope:lateral-chest"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"modality": "US", "sop_class_uid": ULTRASOUND}, "out-of-scope:modality"),
        ({"modality": "CT", "sop_class_uid": CT}, "out-of-scope:modality"),
        ({"modality": "OT", "sop_class_uid": SECONDARY_CAPTURE}, "out-of-scope:modality"),
        ({"modality": "MG"}, "out-of-scope:modality"),
        ({"sop_class_uid": FOR_PROCESSING, "for_processing": True}, "for-processing"),
        ({"frames": 20}, "out-of-scope:multi-frame"),
        ({"image_type": ("DERIVED", "SECONDARY", "SCREEN SAVE")}, "out-of-scope:localizer"),
        ({"body_part": "ABDOMEN"}, "out-of-scope:body-part"),
        ({"body_part": "", "series_description": "胸椎正位"}, "out-of-scope:body-part"),
    ],
)
def test_what_the_header_says_is_out_of_scope_is_refused(models, chest_films, change, reason):
    picture, _ = chest_films[0]
    assert pre_read(models, replace(picture, facts=replace(picture.facts, **change))).reason == reason


def test_a_film_wrapped_as_secondary_capture_is_read_when_its_pixels_show_the_part(
    models, chest_films, facts
):
    picture, _ = chest_films[0]
    wrapped = replace(picture.facts, sop_class_uid=SECONDARY_CAPTURE)
    assert pre_read(models, replace(picture, facts=wrapped)).assessed
    page = np.full((600, 800), 255, np.uint8)
    page[40:560:24, 60:700] = np.random.default_rng(1).integers(0, 2, (22, 640), dtype=np.uint8) * 255
    page[41:561:24] = page[40:560:24]
    assert not pre_read(models, Picture(page, wrapped)).assessed


def test_derived_lossy_films_of_unknown_age_are_read(models, chest_films):
    picture, _ = chest_films[0]
    plain = replace(picture.facts, image_type=("DERIVED", "PRIMARY"), patient_age_years=None, spacing_mm=None)
    assert pre_read(models, replace(picture, facts=plain)).assessed


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ({"body_part": "CHEST"}, "chest"),
        ({"series_description": "胸部正位"}, "chest"),
        ({"study_description": "DX Thorax PA"}, "chest"),
        ({"series_description": "胸椎侧位"}, "other"),
        ({"body_part": "LSPINE"}, "other"),
        ({"series_description": "左腕关节正侧位"}, "bone"),
        ({"body_part": "KNEE"}, "bone"),
        ({"body_part": "HAND", "study_description": "chest"}, "bone"),
        ({}, ""),
    ],
)
def test_body_parts_are_known_in_both_languages(words, part):
    assert named_part(ImageFacts(sop_class_uid="", **words)) == part


def test_lateral_is_known_by_view_or_words_and_bilateral_is_not_lateral():
    assert says_lateral(ImageFacts("", view_position="RL"))
    assert says_lateral(ImageFacts("", series_description="胸部侧位"))
    assert says_lateral(ImageFacts("", series_description="Chest Lat"))
    assert not says_lateral(ImageFacts("", series_description="胸部正侧位"))
    assert not says_lateral(ImageFacts("", series_description="Chest PA bilateral"))
    assert not says_lateral(ImageFacts("", view_position="PA", series_description="Chest lateral"))


def test_a_drawn_tracing_is_no_chest(models, facts):
    rows = np.full((600, 800), 255, np.uint8)
    rows[::20], rows[:, ::20] = 180, 180
    beat = (300 + 80 * np.sin(np.arange(800) / 9)).astype(int)
    for thick in range(3):
        rows[beat + thick, np.arange(800)] = 0
    assert not pre_read(models, Picture(rows, facts["silent"])).assessed
