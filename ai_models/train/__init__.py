"""Training of the finding models; the only place that knows torch (install the `train` extra)."""
