"""DICOMweb (PS3.18): QIDO-RS and WADO-RS over the same session and the same rules as the pages."""
