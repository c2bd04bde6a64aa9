"""The same graph on every provider at hand, alone or several at once; another than asked for is said."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from ai_models.registry import FINDINGS, load_models, pre_read, pre_read_all
from ai_models.session import CPU, Session, providers_from

#: Azure's runs nothing here but calls to a service.
PRESENT = [name for name in onnxruntime.get_available_providers() if name != "AzureExecutionProvider"]
CUDA = "CUDAExecutionProvider"


@pytest.fixture(scope="module")
def subjects(chest_films, bone_films, mortara_ecg):
    return [*(film for film, _ in chest_films[:3]), mortara_ecg, *(film for film, _ in bone_films[:3])]


@pytest.mark.parametrize("provider", PRESENT)
@pytest.mark.parametrize("model", ["chest_pneumonia", "bone_fracture", "ecg_ptbxl"])
def test_every_provider_at_hand_answers_as_the_cpu_does(provider, model):
    weights = FINDINGS / model / "weights.onnx"
    session, reference = Session(weights, (provider,)), Session(weights)
    assert (session.provider, session.fell_back) == (provider, False)
    shape = [axis if isinstance(axis, int) else 1 for axis in session.input_shape]
    if model == "ecg_ptbxl":
        shape[-1] = 1000
    picture = np.random.default_rng(1).normal(0, 0.5, shape).astype(np.float32)
    for one, other in zip(session.run(picture), reference.run(picture), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-2)


@pytest.mark.skipif(CUDA in PRESENT, reason="a GPU is at hand")
def test_a_reading_says_that_it_ran_elsewhere_than_was_asked_for(subjects):
    reading = pre_read(load_models((CUDA, CPU)), subjects[0])
    assert (reading.assessed, reading.provider, reading.fell_back) == (True, CPU, True)


def test_a_reading_names_what_ran_it(subjects):
    reading = pre_read(load_models(), subjects[0])
    assert (reading.provider, reading.fell_back) == (CPU, False)


def test_read_together_each_has_the_reading_that_it_has_alone(subjects):
    models = load_models()
    together = [replace(model, at_once=8) for model in models]
    alone = [pre_read(models, subject) for subject in subjects]
    for one, other in zip(pre_read_all(together, subjects), alone, strict=True):
        assert (one.model, one.assessed) == (other.model, other.assessed)
        assert one.scores == pytest.approx(other.scores, abs=1e-4)
        assert [f.positive for f in one.findings] == [f.positive for f in other.findings]


def test_one_that_fails_spoils_no_other_that_is_read_with_it(subjects, model_named):
    chest = model_named("chest_pneumonia")
    broken = subjects[1]

    def prepare(picture):
        if picture is broken:
            raise ValueError("broken")
        return chest.code.prepare(picture)

    model = replace(chest, at_once=8, code=replace(chest.code, prepare=prepare))
    readings = model.assess_all(subjects[:3])
    assert [reading.assessed for reading in readings] == [True, False, True]
    assert readings[1].reason == "failed:error:ValueError"


def test_a_provider_that_breaks_while_it_runs_gives_way_to_the_cpu():
    session = Session(FINDINGS / "chest_pneumonia" / "weights.onnx", (CUDA, CPU))

    class Broken:
        def get_providers(self):
            return [CUDA, CPU]

        def get_inputs(self):
            return session_inputs

        def run(self, *_):
            raise RuntimeError("CUDA out of memory")

    session_inputs = session._session.get_inputs()
    session._session = Broken()
    outputs = session.run(np.zeros((1, 1, 224, 224), np.float32))
    assert np.isfinite(outputs[0]).all()
    assert (session.provider, session.fell_back) == (CPU, True)


@pytest.mark.parametrize(
    ("setting", "meant"),
    [
        ("cuda,cpu", (CUDA, CPU)),
        ("TensorRT, CUDA", ("TensorrtExecutionProvider", CUDA)),
        ("CUDAExecutionProvider", (CUDA,)),
        ("", (CPU,)),
    ],
)
def test_short_names_of_providers_are_understood(setting, meant):
    assert providers_from(setting) == meant
