"""DICOM: receiving, reading and writing the objects of the standard."""
