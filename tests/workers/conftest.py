"""The workers' tests work on a real store."""

from tests.plugins.store import arrive, settings, store

__all__ = ["arrive", "settings", "store"]
