"""The ways by which ECG files come; each stands for the calling title (VR AE: 16 characters)."""

UPLOAD, WATCH, CONSOLE = "WEB-UPLOAD", "WATCH-FOLDER", "CONSOLE"
WAYS = frozenset({UPLOAD, WATCH, CONSOLE})
