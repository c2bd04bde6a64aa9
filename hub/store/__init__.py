"""Rows and files: what the hub keeps, and the only way to change it."""

from hub.settings import Settings
from hub.store.engine import Store, now

__all__ = ["Store", "now", "open_store"]


def open_store(settings: Settings) -> Store:
    """Open the hub that `settings` describe; its schema must be up to date (`schema.upgrade`)."""
    return Store(settings)
