"""Each model tells apart a handful of real test films and tracings it was never trained on."""

import csv

import numpy as np

from hub.domain.subject import EcgRecord

EIGHT = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")


def test_the_chest_model_scores_pneumonia_above_normal(model_named, chest_films):
    assert area(model_named("chest_pneumonia"), chest_films, "pneumonia") >= 0.9


def test_the_bone_model_scores_fractures_above_whole_bones(model_named, bone_films):
    assert area(model_named("bone_fracture"), bone_films, "fracture") >= 0.6


def test_the_ecg_model_tells_normal_rhythm_fibrillation_and_bundle_branch_block(model_named, shared_dir):
    folder = shared_dir / "data" / "ecg"
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["ecg_id"]: row for row in csv.DictReader(file) if row["strat_fold"] == "9"}
    with np.load(folder / "ptbxl100_fold9.npz") as pack:
        zigzag = pack["lo"][:300].astype(np.int32) | (pack["hi"][:300].astype(np.int32) << 8)
        ids = pack["ecg_id"][:300].tolist()
    signals = ((zigzag >> 1) ^ -(zigzag & 1)).cumsum(-1) * 5
    model = model_named("ecg_ptbxl")
    readings = [model.read(EcgRecord(EIGHT, 100.0, signal.astype(np.float32))) for signal in signals]
    assert all(reading.assessed for reading in readings)
    for label in ("super_NORM", "rhythm_AFIB", "sub_CLBBB"):
        truth = np.array([rows[str(ecg_id)][label] == "1" for ecg_id in ids])
        score = np.array([reading.scores[label] for reading in readings])
        assert ranked(truth, score) >= 0.9, label


def area(model, films, name):
    readings = [model.read(picture) for picture, _ in films]
    read = [reading.assessed for reading in readings]
    assert sum(read) >= len(films) - 2
    truth = np.array([ill for (_, ill), fine in zip(films, read, strict=True) if fine])
    score = np.array([reading.scores[name] for reading, fine in zip(readings, read, strict=True) if fine])
    return ranked(truth, score)


def ranked(truth, score):
    """Return the share of pairs in which the one that has it scores higher."""
    return float((score[truth][:, None] > score[~truth][None, :]).mean())
