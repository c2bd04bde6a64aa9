"""Odd pictures and odd tracings are "not assessed" with a reason, or read where that is honest."""

from dataclasses import replace

import numpy as np
import pytest

from ai_models.registry import pre_read, route
from ai_models.subjects import Picture
from hub.domain.subject import EcgRecord

EIGHT = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")


def noise(rows, columns, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (rows, columns), dtype=np.uint8)


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (np.zeros((1, 1), np.uint8), "too-small"),
        (np.zeros((0, 0), np.uint8), "too-small"),
        (noise(400, 90), "too-small"),
        (np.zeros((400, 400), np.uint8), "blank"),
        (np.full((400, 400), 255, np.uint8), "blank"),
        (np.full((400, 400), 128, np.uint8) + noise(400, 400) // 100, "blank"),
        (np.full((400, 400), np.nan), "not-pixels"),
        (np.zeros((400, 400), np.uint16), "not-pixels"),
        (np.zeros((400, 400, 4), np.uint8), "not-pixels"),
        (np.stack([noise(400, 400, seed) for seed in (1, 2, 3)], axis=2), "out-of-scope:colour"),
    ],
)
def test_pixels_that_are_no_film_are_refused_by_every_model(models, facts, pixels, reason):
    for words in facts.values():
        reading = pre_read(models, Picture(pixels, words))
        assert not reading.assessed
        if words is facts["chest"]:
            assert reading.reason == reason


def test_noise_and_gradients_with_a_chest_header_are_refused(models, facts):
    slope = np.linspace(0, 255, 400, dtype=np.uint8)[None, :].repeat(400, axis=0)
    for pixels in (noise(400, 400), slope):
        reading = pre_read(models, Picture(pixels, facts["chest"]))
        assert not reading.assessed and reading.reason == "out-of-scope:picture"


def test_an_inverted_chest_is_refused(models, chest_films):
    refused = [
        not pre_read(models, replace(picture, pixels=255 - picture.pixels)).assessed
        for picture, _ in chest_films
    ]
    assert sum(refused) >= len(refused) - 1


def test_a_grey_film_in_three_equal_channels_is_read_as_the_grey_one(models, chest_films):
    picture, _ = chest_films[0]
    coloured = replace(picture, pixels=np.repeat(picture.pixels[:, :, None], 3, axis=2))
    assert pre_read(models, coloured).scores == pre_read(models, picture).scores


def test_a_large_film_is_read_and_its_boxes_lie_in_its_own_pixels(models, chest_films):
    picture = next(picture for picture, ill in chest_films if ill)
    large = replace(picture, pixels=np.kron(picture.pixels, np.ones((8, 6), np.uint8)))
    reading = pre_read(models, large)
    assert reading.assessed
    assert max(box.xyxy[3] for box in reading.findings[0].boxes) > picture.pixels.shape[0]


def test_twelve_leads_and_their_eight_give_the_same_answer(models, mortara_ecg, shorn):
    whole, part = (pre_read(models, record) for record in (mortara_ecg, shorn(mortara_ecg, EIGHT)))
    assert part.assessed and part.scores == whole.scores


def test_a_missing_lead_i_is_worked_out_from_ii_and_iii(models, mortara_ecg, shorn):
    leads = ("II", "III", "V1", "V2", "V3", "V4", "V5", "V6")
    whole, part = (pre_read(models, record) for record in (mortara_ecg, shorn(mortara_ecg, leads)))
    assert part.assessed
    assert max(abs(part.scores[name] - whole.scores[name]) for name in whole.scores) < 0.05


@pytest.mark.parametrize("leads", [("I",), ("I", "II", "III"), ("I", "II", "V1", "V2", "V3", "V4", "V5")])
def test_too_few_leads_are_refused(models, mortara_ecg, shorn, leads):
    assert pre_read(models, shorn(mortara_ecg, leads)).reason == "too-few-leads"


@pytest.mark.parametrize("step", [2, 4, 8])
def test_other_sampling_rates_give_nearly_the_same_scores(models, mortara_ecg, step):
    slower = EcgRecord(mortara_ecg.leads, 1000.0 / step, mortara_ecg.microvolts[:, ::step])
    whole, part = pre_read(models, mortara_ecg), pre_read(models, slower)
    assert part.assessed
    assert max(abs(part.scores[name] - whole.scores[name]) for name in whole.scores) < 0.1


def test_a_flat_lead_is_named(models, mortara_ecg):
    signal = mortara_ecg.microvolts.copy()
    signal[mortara_ecg.leads.index("V3")] = 12.0
    assert pre_read(models, replace(mortara_ecg, microvolts=signal)).reason == "flat-lead:V3"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda r: replace(r, microvolts=r.microvolts[:, :4000]), "too-short"),
        (lambda r: replace(r, rate_hz=50.0), "rate-too-low"),
        (lambda r: replace(r, rate_hz=0.0), "not-a-signal"),
        (lambda r: replace(r, microvolts=np.zeros((12, 0), np.float32)), "not-a-signal"),
        (lambda r: replace(r, microvolts=r.microvolts * np.nan), "missing-samples"),
        (lambda r: replace(r, microvolts=r.microvolts[:5]), "not-a-signal"),
    ],
)
def test_signals_that_cannot_be_read_are_refused(models, mortara_ecg, change, reason):
    assert pre_read(models, change(mortara_ecg)).reason == reason


def test_a_few_missing_samples_are_bridged(models, mortara_ecg):
    signal = mortara_ecg.microvolts.copy()
    signal[:, 5000:5050] = np.nan
    assert pre_read(models, replace(mortara_ecg, microvolts=signal)).assessed


def test_something_that_is_neither_picture_nor_ecg_finds_no_model(models):
    assert route(models, object()).reason == "no-model"
