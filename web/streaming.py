"""A page's open line: server-sent events about the studies that changed, as long as its log-in lasts."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, current_app, request, stream_with_context

from hub.domain.people import may
from hub.store.sessions import Login, login_of
from web.access import person, the_settings, the_store
from web.live import Ears, Listener
from web.sessions import COOKIE, limits_of

#: A comment is sent this often, so that a page that is gone is noticed, and the log-in looked at again.
BEAT_SECONDS = 15.0
#: A burst of changes is told in pieces that are so far apart, but for the first few.
APART_SECONDS = 0.1
AT_ONCE = 4
RETRY_SECONDS = 10

#: From the ids that changed, and whose log-in it is, to what the page is told of them.
Tell = Callable[[list[int], Login], dict[str, Any]]


def stream_of_changes(act: str, tell: Tell) -> Response:
    """Stream `event: study` with what `tell` says of each change; 503 when too many listen: the page polls.

    Before every piece the log-in is looked at: it still lasts, may still do `act`, and for which sites.
    """
    ears: Ears = current_app.extensions["ears"]
    listener = ears.listen(person().scope, _last_heard())
    if listener is None:
        return Response("busy\n", 503, {"Retry-After": str(RETRY_SECONDS)}, mimetype="text/plain")
    response = Response(stream_with_context(_stream(listener, act, tell)), mimetype="text/event-stream")
    response.call_on_close(lambda: ears.leave(listener))
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _last_heard() -> int | None:
    said = request.headers.get("Last-Event-ID", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None


def _stream(listener: Listener, act: str, tell: Tell) -> Iterator[str]:
    store, token, limits = the_store(), request.cookies.get(COOKIE, ""), limits_of(the_settings())
    yield "event: hello\ndata: {}\n\n"
    free = time.monotonic()
    while not listener.closed:
        ids, last = listener.wait(BEAT_SECONDS)
        with store.reading() as session:
            login = login_of(session, token, limits)
        if login is None or not may(login.user.role, act):
            return
        listener.scope = login.scope
        if not ids:
            yield ": still here\n\n"
            continue
        yield f"id: {last}\nevent: study\ndata: {json.dumps(tell(ids, login))}\n\n"
        free = max(free, time.monotonic()) + APART_SECONDS
        time.sleep(max(0.0, free - AT_ONCE * APART_SECONDS - time.monotonic()))
