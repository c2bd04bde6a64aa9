"""What the shipped cards must say, and that an evaluation writes it without losing what was said before."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ai_models.catalogue import digest
from ai_models.registry import FINDINGS
from ai_models.scope.gate import FOLDER
from ai_models.train.card import Card, Evaluated, Figure, write_again, write_card
from ai_models.train.subgroups import subgroup_figures
from benchmarks.scope import count
from benchmarks.scope_sets import BONE, CHEST, ECG, HEADERS, Case
from benchmarks.spoiled_films import BONE_KINDS, CHEST_KINDS

SHIPPED = [FINDINGS / name for name in (BONE, CHEST, ECG)]


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_a_shipped_card_says_what_was_tried_for_whom_it_holds_and_where_it_fails(folder: Path):
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert card["weights"]["sha256"] == digest(folder / card["weights"]["file"])
    for section in ("Intended use", "Data", "What was tried", "Thresholds", "Limits", "Failures"):
        assert card["sections"][section], section
    assert "calibration.png" in card["plots"] and (folder / "calibration.png").is_file()
    assert card["eight_bits"]["auc_fp32"] > 0.8 and card["eight_bits"]["sentence"]
    places = {figure["where"] for figure in card["figures"]}
    subgroup = {BONE: "lateral view", CHEST: "women", ECG: "women"}[folder.name]
    assert any(subgroup in place for place in places)
    text = (folder / "card.md").read_text(encoding="utf-8")
    assert "## What was tried" in text and "## 8 bits" in text


def test_the_gates_card_holds_the_table_of_whole_objects_for_the_weights_that_are_there():
    card = json.loads((FOLDER / "card.json").read_text(encoding="utf-8"))
    assert card["evaluated_weights"] == digest(FOLDER / card["weights"]["file"])
    rows = {(row["kind"], row["header"]): row for row in card["evaluation"]}
    assert rows["ECG, fold 9", "ECG"]["n"] == 2183
    for row in rows.values():
        share = row["refused"] / row["n"]
        assert row["low"] - 1e-3 <= share <= row["high"] + 1e-3
        assert row["reached"] == (share >= 0.99 if row["should_be"] == "refused" else share <= 0.01)


def test_the_scope_evaluation_needs_no_torch():
    ask = "import sys, benchmarks.scope; print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_what_should_be_read_and_what_should_be_refused_are_counted_apart(models, chest_films, mortara_ecg):
    film = chest_films[0][0]
    cases = [
        Case("film", "right", CHEST, (BONE,), film),
        Case("blank", "right", "", (CHEST, BONE), type(film)(np.zeros_like(film.pixels), HEADERS[CHEST])),
        Case("unreadable", "", "", (CHEST,), "failed:unreadable"),
        Case("tracing", "", ECG, (CHEST, BONE), mortara_ecg),
        Case("barred", "right", "", (CHEST,), film),
    ]
    counted = count(models, cases)
    assert {kind: one.refused for (kind, _), one in counted.items()} == {
        "film": 0, "blank": 1, "unreadable": 1, "tracing": 0, "barred": 0,
    }  # fmt: skip
    assert counted["film", "right"].is_well and not counted["barred", "right"].is_well


@pytest.mark.parametrize("spoil", {**CHEST_KINDS, **BONE_KINDS}.values(), ids=lambda spoil: spoil.__name__)
def test_a_film_is_spoiled_the_same_way_by_the_same_seed(chest_films, spoil):
    film = chest_films[0][0].pixels
    one, other = (spoil(film, np.random.default_rng(5)) for _ in range(2))
    assert one.dtype == np.uint8 and np.array_equal(one, other)
    assert one.shape != film.shape or not np.array_equal(one, film)


def test_a_card_written_again_keeps_its_settings_and_the_sections_it_is_not_given(tmp_path):
    weights = tmp_path / "weights.onnx"
    weights.write_bytes(b"any")
    card = Card(
        name="toy", version="1", kind="image", title="Toy", sections={"Data": ["old"], "Failures": ["old"]},
        figures=[Figure("AUC", "there", 4, 0.5)], settings={"threshold": 0.4},
    )  # fmt: skip
    write_card(card, weights, ["batch", 1], 0.0)
    (tmp_path / "calibration.png").write_bytes(b"")
    write_again(tmp_path, Evaluated([Figure("AUC", "here", 9, 0.75, 0.7, 0.8)], {"Failures": ["new"]}))
    record = json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))
    assert record["sections"] == {"Data": ["old"], "Failures": ["new"]}
    assert record["settings"] == {"threshold": 0.4} and record["plots"] == ["calibration.png"]
    assert "| AUC | here | 9 | 0.750 | 0.700–0.800 |" in (tmp_path / "card.md").read_text(encoding="utf-8")


def test_a_subgroup_of_one_class_is_left_out_and_a_thin_one_has_no_interval():
    truth, score = np.tile([0.0, 1.0], 20), np.tile([0.2, 0.7], 20)
    rows = np.arange(40)
    parts = {"all": rows >= 0, "thin": rows < 6, "ill": truth > 0.5}
    figures = {one.where: one for one in subgroup_figures(parts, truth, score, rows)}
    assert set(figures) == {"all (20 with it)", "thin (3 with it)"}
    assert figures["all (20 with it)"].low == 1.0 and figures["thin (3 with it)"].low is None
