"""The supervisor's loop: start in order, keep running, stop in reverse order."""

import signal
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import FrameType

from hub.errors import SetupFault
from hub.supervisor.child import GRACE_SECONDS, Child, ChildPlan
from hub.supervisor.journal import keep_short

#: Ctrl-C, a service manager, and the end of the terminal.
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: How often the children are looked at.
TICK_SECONDS = 0.1
#: A part that serves nothing after this long will not.
START_SECONDS = 90.0
#: A part that ended this often before it ever served has a fault that another try will not mend.
START_FAILURES = 5
JOURNAL_SECONDS = 30.0
#: Told to stop again after this long, somebody is waiting: then no child gets time any more.
IMPATIENT_SECONDS = 1.0


class Supervisor:
    """Runs children in stages: one stage starts when the one before serves, and ends before it does."""

    def __init__(self, stages: Iterable[Sequence[ChildPlan]], log_dir: Path, inherited: int | None) -> None:
        """Plan the children; their output goes to `log_dir`/NAME.log, `inherited` stays open in them."""
        log_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._stages = [
            [Child(plan, log_dir / f"{plan.name}.log", inherited) for plan in stage] for stage in stages
        ]
        self._running: list[Child] = []
        self._stopping = False
        self._hurry = False
        self._told_at = 0.0
        self._looked_at_logs = 0.0

    def run(self, on_ready: Callable[[], None]) -> None:
        """Run until told to stop by a signal; call `on_ready` once, when everything serves.

        Raises SetupFault with the part's last words where one cannot be started. The main thread only.
        """
        former = {number: signal.signal(number, self._told) for number in STOPPING}
        try:
            if all(self._start_stage(stage) for stage in self._stages):
                on_ready()
            while not self._stopping:
                self._tick()
        finally:
            self._stop_all()
            for number, handler in former.items():
                signal.signal(number, handler)

    def _told(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._stopping and now - self._told_at > IMPATIENT_SECONDS:
            self._hurry = True
        self._stopping, self._told_at = True, now

    def _start_stage(self, stage: Sequence[Child]) -> bool:
        self._running.extend(stage)
        until = time.monotonic() + START_SECONDS
        late = list(stage)
        while not self._stopping:
            self._tick()
            late = [child for child in late if not child.is_ready()]
            if not late:
                return True
            self._give_up_on(late, time.monotonic() > until)
        return False

    def _give_up_on(self, late: Sequence[Child], too_late: bool) -> None:
        for child in late:
            name, said = child.plan.name, f"{child.last_words()} ({child.log_path})"
            if child.failures >= START_FAILURES:
                raise SetupFault(f"{name} does not start: {said}")
            if too_late:
                raise SetupFault(
                    f"{name} does not serve after {START_SECONDS:.0f} s; all data is kept. "
                    f"Start again when this machine has less to do, or see what it says: {said}"
                )

    def _tick(self) -> None:
        for child in self._running:
            child.keep_running()
        now = time.monotonic()
        if now - self._looked_at_logs > JOURNAL_SECONDS:
            self._looked_at_logs = now
            for child in self._running:
                keep_short(child.log_path)
        time.sleep(TICK_SECONDS)

    def _stop_all(self) -> None:
        self._stopping = True
        for stage in reversed(self._stages):
            for child in stage:
                child.ask_to_stop()
            for child in stage:
                child.see_end(0.0 if self._hurry else GRACE_SECONDS)
