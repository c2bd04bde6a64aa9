"""One contract for every finding model in the folder."""

import json

import numpy as np
import pytest

from ai_models.reasons import REASONS, reason_text
from ai_models.registry import FINDINGS, load_models
from ai_models.session import CPU
from ai_models.subjects import Picture

FOLDERS = sorted(path.name for path in FINDINGS.iterdir() if (path / "model.py").exists())
LARGEST_WEIGHTS = 16 * 2**20
ALL_WEIGHTS = 48 * 2**20


def test_every_folder_is_a_model_and_none_is_missing(models):
    assert [model.name for model in models] == FOLDERS
    assert {"bone_fracture", "chest_pneumonia", "ecg_ptbxl"} <= set(FOLDERS)


@pytest.mark.parametrize("name", FOLDERS)
def test_a_model_loads_without_a_fault_on_the_cpu(name, model_named):
    model = model_named(name)
    assert model.fault == ""
    assert model.provider == CPU
    assert model.kind in ("image", "ecg")
    assert len(model.weight_digest) == 64
    assert model.version


@pytest.mark.parametrize("name", FOLDERS)
def test_the_card_says_data_licence_figures_and_limits(name):
    card = json.loads((FINDINGS / name / "card.json").read_text(encoding="utf-8"))
    assert {"Intended use", "Data", "Method", "Thresholds", "Limits"} <= set(card["sections"])
    assert any("CC BY 4.0" in line for line in card["sections"]["Data"])
    assert any(figure["low"] is not None for figure in card["figures"])
    text = (FINDINGS / name / "card.md").read_text(encoding="utf-8")
    assert card["weights"]["sha256"] in text


def test_weights_stay_small_enough_for_a_plain_repository():
    sizes = [path.stat().st_size for path in FINDINGS.parent.rglob("*.onnx")]
    assert max(sizes) <= LARGEST_WEIGHTS
    assert sum(sizes) <= ALL_WEIGHTS


def test_a_provider_that_is_not_there_falls_back_to_the_cpu_and_says_so():
    for model in load_models(["CUDAExecutionProvider"]):
        assert model.provider in ("CUDAExecutionProvider", CPU)
        assert model.fault == ""


def test_a_chest_reading_holds_one_score_and_one_finding(model_named, chest_films):
    picture, _ = chest_films[0]
    reading = model_named("chest_pneumonia").read(picture)
    assert reading.assessed and set(reading.scores) == {"pneumonia"}
    assert [finding.code for finding in reading.findings] == ["pneumonia"]
    assert_well_made(reading, picture)


def test_a_bone_reading_holds_every_candidate_box(model_named, bone_films):
    picture, _ = bone_films[-1]
    reading = model_named("bone_fracture").read(picture)
    assert reading.assessed and set(reading.scores) == {"fracture"}
    (finding,) = reading.findings
    assert len(finding.boxes) > 1
    assert min(box.probability for box in finding.boxes) < finding.threshold
    assert_well_made(reading, picture)


def test_an_ecg_reading_holds_all_59_labels_and_the_measurements(model_named, mortara_ecg):
    reading = model_named("ecg_ptbxl").read(mortara_ecg)
    assert reading.assessed and len(reading.scores) == len(reading.findings) == 59
    assert [finding.code for finding in reading.findings] == list(reading.scores)
    assert len(reading.measurements) == 11
    assert all(finding.label_zh != finding.code for finding in reading.findings)
    assert_well_made(reading, None)


def test_reading_twice_gives_the_same(model_named, chest_films):
    model = model_named("chest_pneumonia")
    assert model.read(chest_films[0][0]).scores == model.read(chest_films[0][0]).scores


def test_every_reason_has_a_sentence_in_both_languages():
    for key, (chinese, english) in REASONS.items():
        assert reason_text(key, "zh") == chinese and reason_text(key, "en") == english
        assert chinese and english
    assert reason_text("flat-lead:V3", "en").endswith("(V3)")


def assert_well_made(reading, picture: Picture | None):
    assert reading.reason == ""
    assert json.dumps(reading.as_json(), allow_nan=False)
    assert all(0 <= score <= 1 for score in reading.scores.values())
    for finding in reading.findings:
        assert finding.label_zh and finding.label_en
        assert finding.positive == (finding.probability >= finding.threshold)
        for box in finding.boxes:
            rows, columns = picture.pixels.shape[:2]
            x0, y0, x1, y1 = box.xyxy
            assert 0 <= x0 < x1 <= columns and 0 <= y0 < y1 <= rows
            assert 0.0 < box.probability <= 1 and np.isfinite(box.probability)
