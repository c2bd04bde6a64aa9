"""Links to the front end's bundle, by the manifest that its build left."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import render_template_string
from markupsafe import Markup

DIST = Path(__file__).parent / "static" / "dist"
MANIFEST = DIST / "manifest.json"
URL = "/static/dist/"

TAGS = (
    '{% for href in styles %}<link rel="stylesheet" href="{{ href }}">{% endfor %}'
    '{% for href in preloads %}<link rel="modulepreload" href="{{ href }}">{% endfor %}'
    '<script type="module" src="{{ script }}"></script>'
)


def asset_tags(entry: str) -> Markup:
    """Return the tags for one entry of the bundle; nothing where the bundle has not been built."""
    chunks = _manifest(MANIFEST.stat().st_mtime_ns) if MANIFEST.is_file() else {}
    chunk = next((c for c in chunks.values() if c.get("isEntry") and c.get("name") == entry), None)
    if chunk is None:
        return Markup("")
    imported = _imports(chunks, chunk)
    styles = [css for part in (*imported, chunk) for css in part.get("css", ())]
    return Markup(
        render_template_string(
            TAGS,
            styles=[URL + css for css in dict.fromkeys(styles)],
            preloads=[URL + part["file"] for part in imported],
            script=URL + chunk["file"],
        )
    )


def _imports(chunks: dict[str, Any], chunk: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every chunk that `chunk` imports, also by way of others, each once."""
    found: dict[str, dict[str, Any]] = {}
    ahead = list(chunk.get("imports", ()))
    while ahead:
        key = ahead.pop(0)
        if key not in found and key in chunks:
            found[key] = chunks[key]
            ahead.extend(chunks[key].get("imports", ()))
    return list(found.values())


@lru_cache(maxsize=2)
def _manifest(_changed: int) -> dict[str, Any]:
    return dict(json.loads(MANIFEST.read_text("utf-8")))
