"""A model whose folder is broken answers "not assessed" with the reason, and the others go on."""

import json
import shutil

import numpy as np
import pytest

from ai_models.registry import FINDINGS, load_models, pre_read, route
from ai_models.subjects import Picture


@pytest.fixture
def chest_folder(tmp_path):
    """A copy of all models, of which the chest model may be broken."""
    shutil.copytree(FINDINGS, tmp_path / "findings", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "findings" / "chest_pneumonia"


def read_with(folder, picture):
    models = load_models(folder=folder.parent)
    assert len(models) == 3
    others = [model for model in models if model.name != folder.name]
    assert all(model.fault == "" for model in others)
    return pre_read(models, picture)


def test_missing_weights_are_said(chest_folder, chest_films):
    (chest_folder / "weights.onnx").unlink()
    assert_not_assessed(read_with(chest_folder, chest_films[0][0]), "weights-missing")


def test_truncated_weights_are_said(chest_folder, chest_films):
    weights = chest_folder / "weights.onnx"
    weights.write_bytes(weights.read_bytes()[:-1000])
    assert_not_assessed(read_with(chest_folder, chest_films[0][0]), "weights-digest")


def test_one_changed_byte_in_the_weights_is_said(chest_folder, chest_films):
    weights = chest_folder / "weights.onnx"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(bytes(content))
    assert_not_assessed(read_with(chest_folder, chest_films[0][0]), "weights-digest")


def test_a_file_that_is_no_network_is_said_even_with_its_own_digest(chest_folder, chest_films):
    (chest_folder / "weights.onnx").write_bytes(b"no network")
    set_card(chest_folder, sha256=digest_of(chest_folder / "weights.onnx"))
    assert_not_assessed(read_with(chest_folder, chest_films[0][0]), "weights-unreadable")


def test_a_network_of_another_input_shape_is_said(chest_folder, chest_films):
    shutil.copy(chest_folder.parent / "bone_fracture" / "weights.onnx", chest_folder / "weights.onnx")
    set_card(chest_folder, sha256=digest_of(chest_folder / "weights.onnx"))
    assert_not_assessed(read_with(chest_folder, chest_films[0][0]), "weights-shape")


def test_a_missing_card_is_said(chest_folder, chest_films):
    (chest_folder / "card.json").unlink()
    assert_not_assessed(read_with(chest_folder, chest_films[0][0]), "card-unreadable")


def test_code_that_cannot_be_imported_is_said(chest_folder, chest_films):
    (chest_folder / "model.py").write_text("import no_such_module_at_all\n")
    assert_not_assessed(read_with(chest_folder, chest_films[0][0]), "code-unreadable")


def test_code_without_its_functions_is_said(chest_folder, chest_films):
    (chest_folder / "model.py").write_text('"""Nothing."""\n')
    assert_not_assessed(read_with(chest_folder, chest_films[0][0]), "code-unreadable")


def test_code_that_fails_while_reading_is_said_and_not_raised(chest_folder, chest_films):
    code = (chest_folder / "model.py").read_text(encoding="utf-8")
    (chest_folder / "model.py").write_text(code + "\n\ndef prepare(picture):\n    raise KeyError('secret')\n")
    reading = read_with(chest_folder, chest_films[0][0])
    assert_not_assessed(reading, "failed:error:KeyError")


def test_an_answer_that_is_no_number_is_said(chest_folder, chest_films):
    code = (chest_folder / "model.py").read_text(encoding="utf-8")
    broken = "\n\ndef prepare(picture):\n    return np.full((1, 1, 224, 224), np.nan, np.float32)\n"
    (chest_folder / "model.py").write_text(code + broken)
    assert_not_assessed(read_with(chest_folder, chest_films[0][0]), "failed:not-finite")


def test_a_broken_chest_model_leaves_hands_to_the_bone_model(chest_folder, bone_films):
    (chest_folder / "weights.onnx").unlink()
    chosen = route(load_models(folder=chest_folder.parent), bone_films[0][0])
    assert chosen.model is not None and chosen.model.name == "bone_fracture"


def test_without_any_model_nothing_is_assessed(facts):
    picture = Picture(np.zeros((300, 300), np.uint8), facts["chest"])
    assert_not_assessed(pre_read((), picture), "no-model")


def set_card(folder, **weights):
    path = folder / "card.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    card["weights"].update(weights)
    path.write_text(json.dumps(card), encoding="utf-8")


def digest_of(path):
    from hashlib import sha256

    return sha256(path.read_bytes()).hexdigest()


def assert_not_assessed(reading, reason):
    assert not reading.assessed
    assert reading.reason == reason
    assert reading.scores == {} and reading.findings == ()
