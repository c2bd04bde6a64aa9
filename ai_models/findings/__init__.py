"""The finding models: each folder here is one, found by being here."""
