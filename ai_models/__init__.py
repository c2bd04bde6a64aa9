"""Finding models: one folder each, from pixels or microvolts to a reading."""
