"""Whose data a question may touch."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Scope:
    """The sites somebody may see: every one, or only those named."""

    sites: frozenset[int] = field(default_factory=frozenset)
    everywhere: bool = False

    def covers(self, site_id: int) -> bool:
        """Tell whether a row of `site_id` may be shown."""
        return self.everywhere or site_id in self.sites


#: For the hub's own workers, which act for nobody and show nothing to anybody.
HUB = Scope(everywhere=True)
