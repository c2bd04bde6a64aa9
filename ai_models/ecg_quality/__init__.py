"""What is technically wrong with an ECG's recording: found in the signal, named by its leads."""
