"""The tie to the parent: a process that ends when its parent ends, however the parent ended."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

#: prctl(2): the signal that the kernel sends to this process when its parent ends; survives exec.
PR_SET_PDEATHSIG = 1

# Loaded here, because between fork and exec nothing may be imported.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int | None = None) -> None:
    """Have the kernel kill this process when its parent ends; for use right after a fork.

    Where `parent` (a process id) is given and is already gone, the process ends here and now.
    Parent means the thread that forked: fork from a thread that stays.
    """
    if _LIBC is None:
        return
    if _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def tether_to(parent: int) -> Callable[[], None]:
    """Return what a child of `parent` must run between fork and exec (`preexec_fn` of subprocess)."""

    def tie() -> None:
        die_with_parent(parent)

    return tie
