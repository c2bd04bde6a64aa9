"""Rules that raise what endangers life: measured values against a versioned pack of thresholds."""
