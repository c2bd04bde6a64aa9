"""The Flask application: one folder of pages, one gate before them."""

import importlib
import pkgutil
from typing import Any

from flask import Flask
from flask_wtf.csrf import CSRFProtect, generate_csrf
from werkzeug.routing import IntegerConverter, Map

from hub.secret_key import secret_key
from hub.settings import Settings
from hub.store import Store
from web import dicomweb, pages
from web.access import guard, someone
from web.assets import asset_tags
from web.faults import answer_faults
from web.language import HTML_NAMES, chosen_language, speak
from web.live import Ears
from web.refused import account_for_refusals
from web.security import secure
from web.sessions import HubSessions
from web.words import WORDS

#: What an INTEGER column holds.
LARGEST_ROW = 2**31 - 1


class RowNumber(IntegerConverter):
    """A number in an address: ASCII digits, no larger than any row's."""

    regex = "[0-9]+"

    def __init__(self, map: Map, **options: Any) -> None:
        """Allow what an INTEGER column holds."""
        super().__init__(map, **{"max": LARGEST_ROW} | options)


def make_app(store: Store, settings: Settings) -> Flask:
    """Return the application over `store`; it starts no thread until somebody listens for events."""
    app = Flask("web", static_folder="static", static_url_path="/static")
    app.config.update(
        SECRET_KEY=secret_key(settings.data_dir), WTF_CSRF_TIME_LIMIT=None, SEND_FILE_MAX_AGE_DEFAULT=0
    )
    app.url_map.converters["int"] = RowNumber
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["hub"] = store
    app.extensions["ears"] = Ears(store, most=max(1, settings.web_threads // 2))
    app.session_interface = HubSessions(store, settings)
    secure(app, settings)
    account_for_refusals(app, store)
    # Before CSRF: an ended log-in is to be called that, not a forged request.
    guard(app)
    CSRFProtect(app)
    speak(app)
    answer_faults(app)
    app.context_processor(lambda: _for_templates(settings))
    for blueprint in all_pages():
        app.register_blueprint(blueprint)
    return app


def all_pages() -> list[Any]:
    """Return what each module of the two folders offers as `pages`; the folders are the list."""
    names = [
        f"{folder.__name__}.{name}"
        for folder in (pages, dicomweb)
        for name in sorted(module.name for module in pkgutil.iter_modules(folder.__path__))
    ]
    modules = [importlib.import_module(name) for name in names]
    return [module.pages for module in modules if hasattr(module, "pages")]


def _for_templates(settings: Settings) -> dict[str, Any]:
    who = someone()
    return {
        "asset_tags": asset_tags,
        "csrf_token": generate_csrf,
        "current_user": who,
        "may": lambda act: who is not None and who.may(act),
        "language": HTML_NAMES[chosen_language()],
        "demo": settings.demo,
        "words": WORDS,
    }
