"""Child processes that work through a list for a caller: one that dies costs its piece, and nothing else."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from typing import Any

#: Pieces that wait in a child's pipe, so that it need not wait for the caller between two.
WAITING = 2
#: A child that is silent for so long over one piece is ended: no file is worth the others.
PIECE_SECONDS = 300.0
#: Answers kept for their turn; beyond this no new piece is begun.
LOOK_AHEAD = 1024
TICK_SECONDS = 1.0


@dataclass(frozen=True)
class Work:
    """What the children do: `module`.`function`(`settings`) gives, once per child, what answers a piece.

    `lost(piece, reason)` answers for a piece on which a child ended or was ended: "worker-lost", "too-long".
    """

    module: str
    function: str
    settings: Any
    lost: Callable[[str, str], str]

    @property
    def told(self) -> tuple[str, str, Any]:
        """Return what a child is told."""
        return self.module, self.function, self.settings


@dataclass
class _Child:
    process: Any
    pipe: Connection
    held: deque[int] = field(default_factory=deque)
    since: float = 0.0


def work_through(pieces: Sequence[str], work: Work, children: int) -> Iterator[str]:
    """Yield the answer to each of `pieces` in their order, as soon as it and those before it are there."""
    crew = _Crew(pieces, work)
    try:
        for _ in range(max(1, min(children, len(pieces)))):
            crew.hire()
        for number in range(len(pieces)):
            yield crew.answer(number)
    finally:
        crew.dismiss()


class _Crew:
    """The children, who holds which piece, and the answers that wait for their turn."""

    def __init__(self, pieces: Sequence[str], work: Work) -> None:
        self._pieces, self._work = pieces, work
        self._context = get_context("forkserver")  # its server imports once; no child inherits our threads
        self._context.set_forkserver_preload([work.module])
        self._children: list[_Child] = []
        self._again: deque[int] = deque()
        self._next = 0
        self._answers: dict[int, str] = {}

    def hire(self) -> None:
        """Start one more child."""
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, *self._work.told), daemon=True)
        process.start()
        theirs.close()
        self._children.append(_Child(process, ours))

    def answer(self, number: int) -> str:
        """Wait for the answer to piece `number`, keeping every child busy meanwhile."""
        while number not in self._answers:
            self._hand_out(number + LOOK_AHEAD)
            self._collect()
        return self._answers.pop(number)

    def dismiss(self) -> None:
        """End every child."""
        for child in self._children:
            child.process.kill()
            child.process.join()
            child.pipe.close()

    def _hand_out(self, before: int) -> None:
        for child in self._children:
            while len(child.held) < WAITING and (number := self._take(before)) is not None:
                if not child.held:
                    child.since = time.monotonic()
                child.held.append(number)
                with suppress(OSError):  # a child that died says so when it is listened to
                    child.pipe.send(self._pieces[number])

    def _take(self, before: int) -> int | None:
        if self._again:
            return self._again.popleft()
        if self._next >= min(len(self._pieces), before):
            return None
        self._next += 1
        return self._next - 1

    def _collect(self) -> None:
        ready = connection.wait([child.pipe for child in self._children], TICK_SECONDS)
        for child in list(self._children):
            if child.pipe in ready:
                self._listen(child)
            elif child.held and time.monotonic() - child.since > PIECE_SECONDS:
                self._replace(child, "too-long")

    def _listen(self, child: _Child) -> None:
        try:
            answer = child.pipe.recv()
        except (EOFError, OSError):
            self._replace(child, "worker-lost")
            return
        self._answers[child.held.popleft()] = answer
        child.since = time.monotonic()

    def _replace(self, child: _Child, reason: str) -> None:
        """The piece in hand is answered for; those behind it go to whoever is free."""
        child.process.kill()
        child.process.join()
        child.pipe.close()
        self._children.remove(child)
        if child.held:
            number = child.held.popleft()
            self._answers[number] = self._work.lost(self._pieces[number], reason)
        self._again.extend(child.held)
        self.hire()


def _serve(pipe: Connection, module: str, function: str, settings: Any) -> None:
    """Answer pieces until the caller is gone."""
    answering = getattr(import_module(module), function)(settings)
    while True:
        try:
            piece = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(answering(piece))
