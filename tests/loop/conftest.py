"""The loop's tests run whole hubs."""

from tests.plugins.running_hub import make_hub, make_module_hub

__all__ = ["make_hub", "make_module_hub"]
