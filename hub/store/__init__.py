"""Rows and files: what the hub keeps, and the only way to change it."""
