"""Adding a finding is adding one folder: a toy one, by the guide, is found, routed to and read."""

import json
import shutil
from hashlib import sha256

import numpy as np

from ai_models.registry import FINDINGS, load_models, pre_read
from ai_models.subjects import Picture
from hub.domain.subject import ImageFacts

MODEL = '''"""Light in an abdominal film: a toy."""

import numpy as np

from ai_models.finding_model import Answer
from hub.domain.finding import Finding


def refuse(picture):
    return "" if picture.facts.body_part == "ABDOMEN" else "out-of-scope:body-part"


def prepare(picture):
    return np.zeros((1, 1, 128, 128), np.float32)


def interpret(outputs, picture, settings):
    chance = float(picture.pixels.mean()) / 255
    finding = Finding("light", "亮", "Light", chance, settings["threshold"], chance >= settings["threshold"])
    return Answer({"light": chance}, (finding,))
'''


def test_a_new_folder_is_a_new_model(tmp_path):
    folder = tmp_path / "findings" / "abdomen_light"
    folder.mkdir(parents=True)
    shutil.copy(FINDINGS.parent / "scope" / "weights.onnx", folder / "weights.onnx")
    (folder / "model.py").write_text(MODEL, encoding="utf-8")
    card = {
        "name": "abdomen_light",
        "version": "1",
        "kind": "image",
        "weights": {
            "file": "weights.onnx",
            "sha256": sha256((folder / "weights.onnx").read_bytes()).hexdigest(),
            "input": ["batch", 1, 128, 128],
        },
        "settings": {"threshold": 0.5},
    }
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    models = load_models(folder=tmp_path / "findings")
    assert [model.name for model in models] == ["abdomen_light"]
    reading = pre_read(
        models, Picture(np.full((300, 300), 200, np.uint8), ImageFacts("", body_part="ABDOMEN"))
    )
    assert reading.assessed and reading.model == "abdomen_light"
    assert reading.findings[0].positive
    elsewhere = pre_read(
        models, Picture(np.full((300, 300), 200, np.uint8), ImageFacts("", body_part="HAND"))
    )
    assert elsewhere.reason == "out-of-scope:body-part"
