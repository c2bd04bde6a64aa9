"""A worker's desk: the store, the models, and how one errand is taken up and brought to an end."""

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.orm import Session

from hub.domain.errand import MOST_ATTEMPTS
from hub.settings import Settings
from hub.store import Store, errands, open_store
from hub.store.errands import Task

log = structlog.get_logger("worker")

#: Seconds before a piece of inner work that failed is tried again.
RETRY_SECONDS = 5.0


@dataclass(frozen=True)
class Done:
    """The errand is done; `record` writes what came of it in the transaction that says so.

    Where several end in one transaction, those with the same `together` are written by one call of it with
    what each has `said`.
    """

    record: Callable[[Session], None] = field(default=lambda _session: None)
    together: Callable[[Session, list[Any]], None] | None = None
    said: Any = None


@dataclass(frozen=True)
class Later:
    """The errand must be tried again in `seconds`; `record` writes how this attempt went.

    `attempts` counts those that failed without an answer; it starts anew where the answer was "not yet".
    """

    seconds: float
    why: str
    attempts: int = 0
    record: Callable[[Session], None] = field(default=lambda _session: None)


@dataclass(frozen=True)
class GivenUp:
    """The errand is a dead letter now; `record` writes why."""

    why: str
    record: Callable[[Session], None] = field(default=lambda _session: None)


Result = Done | Later | GivenUp


class Desk:
    """What an errand's work may use. Models are loaded at first need, once per process."""

    def __init__(self, settings: Settings) -> None:
        """Open the store; nothing else is loaded yet."""
        self.settings = settings
        self.store: Store = open_store(settings)
        self.holder = holder_name(os.getpid())

    @cached_property
    def models(self) -> Sequence[Any]:
        """The finding models, loaded and checked."""
        from ai_models.registry import load_models
        from ai_models.session import providers_from

        return load_models(providers_from(self.settings.onnx_providers))


def holder_name(pid: int) -> str:
    """Return host:pid:start, which no later process of this host shares."""
    return f"{socket.gethostname()}:{pid}:{_started(pid)}"


def is_gone(holder: str) -> bool:
    """Tell whether `holder` is a process of this host that no longer runs."""
    host, _, rest = holder.partition(":")
    pid, _, started = rest.partition(":")
    return host == socket.gethostname() and pid.isdigit() and _started(int(pid)) != started


def _started(pid: int) -> str:
    """Field 22 of /proc/PID/stat, counted after the name, which may hold spaces (proc(5))."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def run_errand(desk: Desk, errand_id: int, kinds: dict[str, Any]) -> bool:
    """Take up one errand and bring it to an end; False when it was not to be had.

    `kinds` maps a kind to its module, which has `work(desk, task) -> Result` and may have
    `poisoned(desk, task) -> Result` for an errand that killed every worker that held it.
    """
    with desk.store.noting(quietly=True) as session:
        tasks = errands.claim(session, [errand_id], desk.holder)
    for task in tasks:
        settle(desk, [(task, result_of(desk, task, kinds.get(task.kind)))])
    return bool(tasks)


def result_of(desk: Desk, task: Task, kind: Any, work: Callable[[], Result] | None = None) -> Result:
    """Return what came of one errand's work, whatever it raised; `work` stands in for the kind's own."""
    if errands.is_poison(task) and hasattr(kind, "poisoned"):
        return _poisoned(desk, task, kind)
    try:
        result: Result = work() if work else kind.work(desk, task)
        return result
    except Exception as error:  # any failure of one errand must leave the worker to the others
        log.warning(
            "errand failed", kind=task.kind, errand=task.id, attempt=task.attempts, error=type(error).__name__
        )
        if task.attempts < MOST_ATTEMPTS:
            return Later(RETRY_SECONDS * task.attempts, type(error).__name__, task.attempts)
        if hasattr(kind, "poisoned"):
            return _poisoned(desk, task, kind)
        return GivenUp(type(error).__name__)


def _poisoned(desk: Desk, task: Task, kind: Any) -> Result:
    result: Result = kind.poisoned(desk, task)
    return result


def settle(desk: Desk, results: Sequence[tuple[Task, Result]]) -> None:
    """Write in one transaction that these errands came to their end, and what came of them.

    A result counts only while the errand is still this worker's.
    """
    with desk.store.writing() as session:
        done = errands.finish(session, [task for task, result in results if isinstance(result, Done)])
        counting = [result for task, result in results if task.id in done or _moved(session, task, result)]
        _record(session, counting)


def _record(session: Session, results: Sequence[Result]) -> None:
    together: dict[Callable[[Session, list[Any]], None], list[Any]] = {}
    for result in results:
        if isinstance(result, Done) and result.together is not None:
            together.setdefault(result.together, []).append(result.said)
        else:
            result.record(session)
    for write, said in together.items():
        write(session, said)


def _moved(session: Session, task: Task, result: Result) -> bool:
    match result:
        case Done():
            return False
        case Later(seconds=seconds, why=why, attempts=attempts):
            return errands.postpone(session, task, seconds, why, attempts)
        case GivenUp(why=why):
            return errands.give_up(session, task, why)
