"""Child processes that work through a list: whatever one of them does, every piece is answered, in order."""

import sys

import pytest

from workers import children
from workers.children import Work, work_through

ODD = """
import os, signal, time


def answering(settings):
    def answer(piece):
        if piece == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if piece == "hang":
            time.sleep(3600)
        if piece == "slow":
            time.sleep(0.3)
        return f"{settings}:{piece}"

    return answer


def never(settings):
    raise SystemExit(3)
"""


@pytest.fixture
def work(tmp_path, monkeypatch):
    (tmp_path / "odd_work.py").write_text(ODD)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "odd_work", raising=False)
    return Work("odd_work", "answering", "s", lambda piece, reason: f"{piece} {reason}")


def test_answers_come_in_the_order_of_the_pieces(work):
    pieces = ["slow", *map(str, range(40)), "slow", "last"]
    assert list(work_through(pieces, work, 3)) == [f"s:{piece}" for piece in pieces]


def test_a_child_that_dies_costs_its_piece_and_those_behind_it_are_done(work):
    said = list(work_through(["1", "die", "2", "die", "die", "3"], work, 2))
    assert said == ["s:1", "die worker-lost", "s:2", "die worker-lost", "die worker-lost", "s:3"]


def test_a_child_that_hangs_is_ended(work, monkeypatch):
    monkeypatch.setattr(children, "PIECE_SECONDS", 1.0)
    assert list(work_through(["1", "hang", "2"], work, 1)) == ["s:1", "hang too-long", "s:2"]


def test_children_that_cannot_start_leave_every_piece_answered(work):
    broken = Work(work.module, "never", "s", work.lost)
    assert list(work_through(["1", "2", "3"], broken, 2)) == [f"{n} worker-lost" for n in (1, 2, 3)]


def test_no_pieces_start_nobody(work):
    assert list(work_through([], work, 4)) == []
