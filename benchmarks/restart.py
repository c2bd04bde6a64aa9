"""Seconds until a hub serves: started afresh, again, and after kill -9 of parts, of all children, of `up`.

To serve is to answer 200 at `/readyz` (wanted after kill -9 of all children together: within 15 s) or, for a
start, to have printed the line beginning "ready".

Run: `python benchmarks/restart.py [N]` (default 5). Starts a hub of its own.
"""

import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.plugins.running_hub import RunningHub

#: A hub that serves nothing for so long will not.
LONGEST_SECONDS = 120.0
TICK_SECONDS = 0.05


def main(times: int) -> None:
    """Print the median and the longest of `times` for each."""
    seconds: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        hub = RunningHub(Path(folder) / "hub")
        try:
            seconds["start, new folder"].append(hub.start())
            for _ in range(times):
                for part in hub.parts():
                    seconds[f"kill -9 of {part}"].append(_back_after(hub, [part]))
                seconds["kill -9 of all children"].append(_back_after(hub, list(hub.parts())))
                hub.kill("supervisor")
                seconds["start after kill -9 of the supervisor"].append(hub.start())
                seconds["stop"].append(_stopped(hub))
                seconds["start again"].append(hub.start())
        finally:
            hub.stop()
    print(f"{'':40} {'median s':>9} {'longest':>9} {'n':>3}")
    for name, runs in seconds.items():
        print(f"{name:40} {statistics.median(runs):9.1f} {max(runs):9.1f} {len(runs):3}")


def _back_after(hub: RunningHub, parts: list[str]) -> float:
    for part in parts:
        hub.kill(part)
    began = time.monotonic()
    while not hub.is_ready() or set(parts) - set(hub.parts()):
        if time.monotonic() - began > LONGEST_SECONDS:
            raise SystemExit(f"not ready {LONGEST_SECONDS:.0f} s after kill -9 of {', '.join(parts)}")
        time.sleep(TICK_SECONDS)
    return time.monotonic() - began


def _stopped(hub: RunningHub) -> float:
    began = time.monotonic()
    hub.stop()
    return time.monotonic() - began


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
