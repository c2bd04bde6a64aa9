"""The hub keeps studies, decides what happens to them and remembers who did what."""

__version__ = "0.1.0"
