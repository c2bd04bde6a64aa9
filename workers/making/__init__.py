"""From rows to the objects and pages that go home."""
