"""A broken model is "not assessed" with its reason: in the row, the worklist and the answers of `doctor`."""

import json
import multiprocessing
import os
import shutil
import signal
from hashlib import sha256

import pytest
from sqlalchemy import select

from ai_models import registry
from ai_models.reasons import reason_text
from dicom.demo.cases import demo_cases
from dicom.write.frame import part10
from hub.store import errands, users
from hub.store.moves import move_study
from hub.store.outlook import outlook
from hub.store.tables import Errand, PreRead, Study
from tests.plugins.store import arrive, settings, store
from tests.web.browser import PASSWORD, Browser
from web.app import make_app
from workers.bundle import Clerk, run_errands
from workers.desk import Desk, run_errand
from workers.errands import errand_kinds
from workers.examine import examine

__all__ = ["arrive", "settings", "store"]
CHEST = 0


def missing(folder):
    (folder / "weights.onnx").unlink()
    return "weights-missing"


def truncated(folder):
    weights = folder / "weights.onnx"
    weights.write_bytes(weights.read_bytes()[:-1000])
    return "weights-digest"


def another_digest(folder):
    weights = folder / "weights.onnx"
    weights.write_bytes(weights.read_bytes() + b"\0")
    return "weights-digest"


def another_shape(folder):
    shutil.copy(folder.parent / "bone_fracture" / "weights.onnx", folder / "weights.onnx")
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    card["weights"]["sha256"] = sha256((folder / "weights.onnx").read_bytes()).hexdigest()
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return "weights-shape"


def not_a_number(folder):
    code = (folder / "model.py").read_text(encoding="utf-8")
    broken = "\n\ndef prepare(picture):\n    return np.full((1, 1, 224, 224), np.nan, np.float32)\n"
    (folder / "model.py").write_text(code + broken, encoding="utf-8")
    return "failed:not-finite"


def no_memory(folder):
    code = (folder / "model.py").read_text(encoding="utf-8")
    broken = "\n\ndef prepare(picture):\n    raise MemoryError\n"
    (folder / "model.py").write_text(code + broken, encoding="utf-8")
    return "failed:error:MemoryError"


#: Ways to break a model that its folder itself shows when it is loaded, and those only a reading shows.
LOADING, READING = [missing, truncated, another_digest, another_shape], [not_a_number, no_memory]


@pytest.fixture
def chest_folder(tmp_path, monkeypatch):
    """A copy of all models in place of the shipped ones; the chest model in it may be broken."""
    folder = tmp_path / "findings"
    shutil.copytree(registry.FINDINGS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(registry, "FINDINGS", folder)
    return folder / "chest_pneumonia"


@pytest.fixture
def chest_film(store, arrive):
    """A chest film that arrived and waits to be read; its errand's id."""
    case = demo_cases("20261101")[CHEST]
    arrive(body=part10(next(iter(case.make(case.person, case.exam)))))
    with store.writing() as session:
        move_study(session, session.scalars(select(Study)).one(), "arrival-settled")
        return session.scalars(select(Errand.id).where(Errand.kind == "pre-read")).one()


@pytest.fixture
def worklist(store, settings):
    """Log a reader in and return what the worklist says."""

    def see():
        with store.writing() as session:
            users.add_user(session, "li", "reader", PASSWORD, (), display_name="Li", licence="")
        app = make_app(store, settings)
        app.testing = True
        browser = Browser(app)
        assert browser.login("li").status_code == 303
        page = browser.see("/worklist")
        app.extensions["ears"].close()
        return page

    return see


def reading(store):
    with store.reading() as session:
        return session.scalars(select(PreRead)).one()


@pytest.mark.parametrize("broken", LOADING + READING)
def test_a_broken_model_says_why_it_did_not_assess(broken, chest_folder, chest_film, store, worklist):
    reason = broken(chest_folder)
    run_errand(Desk(store.settings), chest_film, errand_kinds())
    row = reading(store)
    assert (row.assessed, row.reason, row.positive) == (False, reason, False)
    page = worklist()
    assert reason_text(reason) in page
    assert "AI 无阳性提示" not in page


@pytest.mark.parametrize("broken", LOADING)
def test_the_doctor_names_what_is_wrong_and_the_other_models_are_well(broken, chest_folder, settings):
    reason = broken(chest_folder)
    checks = {check.name: check for check in examine(settings)}
    assert checks["chest_pneumonia"].state == "fault"
    assert reason in checks["chest_pneumonia"].text
    assert checks["bone_fracture"].state == checks["ecg_ptbxl"].state == "ok"


@pytest.mark.parametrize("broken", READING)
def test_the_doctor_counts_readings_that_failed_while_they_were_made(
    broken, chest_folder, chest_film, store, settings
):
    reason = broken(chest_folder)
    run_errand(Desk(settings), chest_film, errand_kinds())
    failed = [check for check in examine(settings) if check.name == "readings"]
    assert [(check.state, reason in check.text) for check in failed] == [("warning", True)]


def test_one_for_which_every_worker_was_killed_is_said_in_the_worklist_and_by_the_doctor(
    chest_folder, chest_film, store, settings, worklist
):
    """The kernel ends a process that wants too much memory with SIGKILL; so does this model with its own."""
    code = (chest_folder / "model.py").read_text(encoding="utf-8")
    killing = "\n\ndef prepare(picture):\n    import os, signal\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    (chest_folder / "model.py").write_text(code + killing, encoding="utf-8")
    context = multiprocessing.get_context("fork")
    for _ in range(3):
        worker = context.Process(target=work_once, args=(settings, chest_film))
        worker.start()
        worker.join(120)
        assert worker.exitcode == -signal.SIGKILL
        with store.writing() as session:
            errands.take_back_lost(session, sorted(outlook(session).holders))
    run_errand(Desk(settings), chest_film, errand_kinds())
    assert (reading(store).assessed, reading(store).reason) == (False, "failed:worker-lost")
    assert reason_text("failed:worker-lost") in worklist()
    assert any("failed:worker-lost" in check.text for check in examine(settings))


def work_once(settings, errand):
    run_errand(Desk(settings), errand, errand_kinds())
    os._exit(0)


def test_a_reading_that_fell_back_to_the_cpu_is_counted_by_doctor_and_metrics(
    chest_film, store, settings, arrive
):
    asked = settings.model_copy(update={"onnx_providers": "AbsentExecutionProvider,cpu"})
    desk = Desk(asked)
    clerk = Clerk(desk)
    run_errands(desk, [chest_film], errand_kinds(), clerk)
    clerk.finish()
    row = reading(store)
    assert (row.assessed, row.provider, row.fell_back) == (True, "CPUExecutionProvider", True)
    (check,) = [check for check in examine(settings) if check.name == "readings"]
    assert check.state == "warning" and "on CPUExecutionProvider" in check.text
    with store.writing() as session:
        users.add_user(session, "boss", "admin", PASSWORD, (), display_name="Boss", licence="")
    app = make_app(store, settings)
    app.testing = True
    browser = Browser(app)
    browser.login("boss")
    page = browser.see("/metrics")
    labels = '{model="chest_pneumonia",provider="CPUExecutionProvider"}'
    assert f"readhub_readings_fallen_back{labels} 1.0" in page
    assert f"readhub_readings{labels} 1.0" in page
    app.extensions["ears"].close()
