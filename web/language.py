"""Chinese first, English by choice: message ids are Chinese, so only the English needs a catalogue."""

import os
from pathlib import Path

from flask import Flask, session
from flask_babel import Babel

from web.access import someone

TRANSLATIONS = Path(__file__).parent / "translations"
LANGUAGES = ("zh", "en")
#: The language as HTML names it, and as Babel does.
HTML_NAMES = {"zh": "zh-CN", "en": "en"}
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}


def speak(app: Flask) -> None:
    """Give the app its languages; catalogues that a checkout has not compiled are compiled now."""
    compile_stale()
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(app, default_locale=LOCALES["zh"], locale_selector=lambda: LOCALES[chosen_language()])


def chosen_language() -> str:
    """Return "zh" or "en": the person's own choice, else the browser session's, else Chinese."""
    who = someone()
    chosen = who.language if who else session.get("language", "zh") if session else "zh"
    return chosen if chosen in LANGUAGES else "zh"


def compile_stale() -> None:
    """Compile every catalogue that is newer than its compiled form; an installed hub brings those along."""
    for source in TRANSLATIONS.rglob("*.po"):
        target = source.with_suffix(".mo")
        if not target.is_file() or target.stat().st_mtime < source.stat().st_mtime:
            _compile(source, target)


def _compile(source: Path, target: Path) -> None:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as reading:
        catalogue = read_po(reading)
    draft = target.with_suffix(f".{os.getpid()}")
    with draft.open("wb") as writing:
        write_mo(writing, catalogue)
    draft.replace(target)
