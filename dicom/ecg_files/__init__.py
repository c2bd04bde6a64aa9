"""ECG files of other makers: each format is one module, each file becomes one DICOM ECG or a sentence."""
