"""One supervised process: how it is started, how long to wait before the next try, how it is ended."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from hub.supervisor.parent import tether_to

#: Seconds to wait before the first, second … restart; the last one repeats.
BACK_OFF = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0)
#: A child that ran this long starts again with the shortest wait.
SETTLED_SECONDS = 10.0
#: What a child has between SIGTERM and SIGKILL, to finish what it holds.
GRACE_SECONDS = 10.0

log = structlog.get_logger("hub.supervisor")


@dataclass(frozen=True)
class ChildPlan:
    """What to run, and how to tell that it serves."""

    name: str
    command: tuple[str, ...]
    ready: Callable[[], bool]


@dataclass
class Child:
    """A planned child and the process it has now; `inherited` is a descriptor that it must hold open."""

    plan: ChildPlan
    log_path: Path
    inherited: int | None
    process: "subprocess.Popen[bytes] | None" = None
    starts: int = 0
    failures: int = 0
    started_at: float = 0.0
    not_before: float = field(default=0.0)

    def start(self) -> None:
        """Start the process: own group, no input, output to its log, killed with this one."""
        with open(os.open(self.log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as output:
            self.process = subprocess.Popen(
                self.plan.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=() if self.inherited is None else (self.inherited,),
                process_group=0,
                preexec_fn=tether_to(os.getpid()),
            )
        self.starts += 1
        self.started_at = time.monotonic()
        say = log.debug if self.starts == 1 else log.warning
        say("started", child=self.plan.name, pid=self.process.pid, start=self.starts)

    def keep_running(self) -> None:
        """Start it again where it ended and its wait is over; call this often."""
        if self.process is None:
            if time.monotonic() >= self.not_before:
                self.start()
            return
        status = self.process.poll()
        if status is None:
            return
        self.process = None
        now = time.monotonic()
        self.failures = 1 if now - self.started_at >= SETTLED_SECONDS else self.failures + 1
        self.not_before = now + BACK_OFF[min(self.failures, len(BACK_OFF)) - 1]
        log.warning("ended", child=self.plan.name, status=status, failures=self.failures)

    def is_ready(self) -> bool:
        """Tell whether it runs and serves."""
        return self.process is not None and self.process.poll() is None and self.plan.ready()

    def ask_to_stop(self) -> None:
        """Send SIGTERM; it has until `see_end` to finish what it holds."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def see_end(self, grace: float = GRACE_SECONDS) -> None:
        """Wait for its end, after `grace` seconds by SIGKILL to its whole group."""
        if self.process is None:
            return
        process, self.process = self.process, None
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            log.warning("killed", child=self.plan.name)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.debug("stopped", child=self.plan.name)

    def last_words(self) -> str:
        """Return the last line of its log, to say why it did not start."""
        try:
            lines = self.log_path.read_text("utf-8", "replace").strip().splitlines()
        except OSError:
            return "no log"
        return lines[-1][:500] if lines else "an empty log"
