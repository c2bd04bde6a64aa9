"""Pneumonia on a frontal chest film."""
