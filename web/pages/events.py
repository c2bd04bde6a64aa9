"""Server-sent events: ids of studies that changed, and nothing about them."""

import json
import time
from collections.abc import Iterator

from flask import Blueprint, Response, current_app, request

from hub.store.sessions import login_of
from web.access import needs, person, the_settings, the_store
from web.live import Ears, Listener
from web.sessions import COOKIE, limits_of

pages = Blueprint("events", __name__)

#: A comment is sent this often, so that a page that is gone is noticed, and the log-in looked at again.
BEAT_SECONDS = 15.0
#: A burst of changes is told in pieces that are so far apart, but for the first few.
APART_SECONDS = 0.1
AT_ONCE = 4
RETRY_SECONDS = 10


@pages.get("/events")
@needs("worklist")
def events() -> Response:
    """Stream `event: study` with the ids that changed; 503 when too many listen, then the page polls."""
    ears: Ears = current_app.extensions["ears"]
    listener = ears.listen(person().scope, _last_heard())
    if listener is None:
        return Response("busy\n", 503, {"Retry-After": str(RETRY_SECONDS)}, mimetype="text/plain")
    response = Response(_stream(listener, _still_logged_in()), mimetype="text/event-stream")
    response.call_on_close(lambda: ears.leave(listener))
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _last_heard() -> int | None:
    said = request.headers.get("Last-Event-ID", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None


def _still_logged_in():  # type: ignore[no-untyped-def]
    """Return a question that needs no request any more: does this log-in still last?"""
    store, token, limits = the_store(), request.cookies.get(COOKIE, ""), limits_of(the_settings())

    def ask(listener: Listener) -> bool:
        with store.reading() as session:
            login = login_of(session, token, limits)
        if login is not None:
            listener.scope = login.scope
        return login is not None

    return ask


def _stream(listener: Listener, lasts) -> Iterator[str]:  # type: ignore[no-untyped-def]
    yield "event: hello\ndata: {}\n\n"
    looked = free = time.monotonic()
    while not listener.closed:
        ids, last = listener.wait(BEAT_SECONDS)
        if ids:
            yield f"id: {last}\nevent: study\ndata: {json.dumps({'ids': ids})}\n\n"
            free = max(free, time.monotonic()) + APART_SECONDS
            time.sleep(max(0.0, free - AT_ONCE * APART_SECONDS - time.monotonic()))
        else:
            yield ": still here\n\n"
        if time.monotonic() - looked >= BEAT_SECONDS:
            looked = time.monotonic()
            if not lasts(listener):
                return
