"""Rate, intervals and axes of a resting ECG, measured on its typical beat."""
