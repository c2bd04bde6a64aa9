"""The workers' tests work on a real store."""

from tests.plugins.store import arrive, postgresql, settings, store

__all__ = ["arrive", "postgresql", "settings", "store"]
