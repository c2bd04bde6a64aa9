"""How many connections and associations may be open: in all, from one address, and of one site."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

#: Connections that have not asked for anything yet; one more closes the oldest of the busiest address.
MOST_SILENT = 256


@dataclass(eq=False)
class Visit:
    """One connection: where from, how to close it, and the site it was admitted for."""

    address: str
    close: Callable[[], None]
    since: float = field(default_factory=time.monotonic)
    site: str | None = None


@dataclass(frozen=True)
class Most:
    """The largest number of associations: in all, from one address, of one site."""

    in_all: int
    per_address: int
    per_site: int


class Limits:
    """Counts visits. A silent one takes no association from anybody, and can be shown out."""

    def __init__(self, most: Most, most_silent: int = MOST_SILENT) -> None:
        self._most, self._most_silent = most, most_silent
        self._silent: dict[Visit, None] = {}
        self._admitted: set[Visit] = set()
        self._lock = threading.Lock()

    def enter(self, visit: Visit) -> None:
        """Count a new connection; where there are too many silent ones, one is shown out."""
        with self._lock:
            self._silent[visit] = None
            out = self._one_too_many() if len(self._silent) > self._most_silent else None
        if out is not None:
            out.close()

    def admit(self, visit: Visit, site: str) -> bool:
        """Count it as an association of `site`; False where that would be one too many."""
        with self._lock:
            self._silent.pop(visit, None)
            of_address = sum(other.address == visit.address for other in self._admitted)
            of_site = sum(other.site == site for other in self._admitted)
            if (
                len(self._admitted) >= self._most.in_all
                or of_address >= self._most.per_address
                or of_site >= self._most.per_site
            ):
                return False
            visit.site = site
            self._admitted.add(visit)
        return True

    def leave(self, visit: Visit) -> None:
        """Forget a connection that is closed."""
        with self._lock:
            self._silent.pop(visit, None)
            self._admitted.discard(visit)

    def everybody(self) -> list[Visit]:
        """Return every open visit."""
        with self._lock:
            return [*self._silent, *self._admitted]

    def _one_too_many(self) -> Visit:
        """Take the oldest silent visit of the address that has most of them."""
        address, _ = Counter(visit.address for visit in self._silent).most_common(1)[0]
        oldest = next(visit for visit in self._silent if visit.address == address)
        del self._silent[oldest]
        return oldest
