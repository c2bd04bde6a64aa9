"""The training commands run to exported weights and a card, and go on where they were cut off."""

import csv
import json

import numpy as np
import pytest

from ai_models.registry import FINDINGS

with (FINDINGS / "ecg_ptbxl" / "statements.csv").open(newline="", encoding="utf-8") as table:
    LABELS = [row["code"] for row in csv.DictReader(table)]


@pytest.fixture
def small_ptbxl(tmp_path):
    """Folds 1–9 of invented signals: 64 to learn from in the first, 24 in each other."""
    folder = tmp_path / "data" / "ecg"
    folder.mkdir(parents=True)
    generator = np.random.default_rng(5)
    rows = []
    for fold in range(1, 10):
        count = 64 if fold == 1 else 24
        ids = np.arange(len(rows) + 1, len(rows) + 1 + count, dtype=np.int32)
        noise = generator.integers(0, 256, (count, 8, 1000), dtype=np.uint8)
        np.savez(folder / f"ptbxl100_fold{fold}.npz", ecg_id=ids, lo=noise, hi=np.zeros_like(noise))
        rows += [[int(i), int(i), fold, *generator.integers(0, 2, len(LABELS))] for i in ids]
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["ecg_id", "patient_id", "strat_fold", *LABELS])
        writer.writerows(rows)
    return tmp_path


def test_the_ecg_job_trains_exports_writes_its_card_and_resumes(small_ptbxl):
    pytest.importorskip("torch", reason="torch is not installed: make train-env brings it")
    from ai_models.train.__main__ import main

    out = small_ptbxl / "out"
    road = ["ecg", "--data", str(small_ptbxl / "data"), "--out", str(out), "--limit", "1", "--threads", "1"]
    main([*road, "--epochs", "1"])
    card = json.loads((out / "card.json").read_text(encoding="utf-8"))
    assert card["weights"]["largest_difference_from_torch"] < 2e-2
    assert card["settings"]["labels"] == LABELS
    assert (out / "card.md").read_text(encoding="utf-8").startswith("# Twelve-lead ECG")
    weights = (out / "weights.onnx").read_bytes()
    main([*road, "--epochs", "1", "--resume"])
    assert (out / "weights.onnx").read_bytes() == weights
    assert len((out / "member0" / "log.csv").read_text().splitlines()) == 2
    from ai_models.session import Session

    answer = Session(out / "weights.onnx").run(np.zeros((2, 8, 800), np.float32))[0]
    assert answer.shape == (2, len(LABELS)) and ((answer >= 0) & (answer <= 1)).all()


def test_boxes_are_counted_as_the_benchmarks_count_them():
    pytest.importorskip("torch", reason="torch is not installed: make train-env brings it")
    from ai_models.train.box_figures import average_precision, matched, pointing, sensitivity_at

    drawn = np.array([[10.0, 10, 30, 30], [50, 50, 80, 80]])
    right = matched(drawn, drawn, np.array([0.9, 0.8]))
    wrong = matched(np.zeros((0, 4)), drawn[:1], np.array([0.85]))
    half = matched(drawn, np.array([[10.0, 10, 30, 30]]), np.array([0.7]))
    assert average_precision([right]) == 1
    assert average_precision([half]) == 0.5
    assert average_precision([right, wrong]) == pytest.approx((1 + 2 / 3) / 2)
    assert sensitivity_at([right, wrong], 0) == 0.5
    assert pointing([right, wrong, half]) == 1
