"""Server-sent events: ids of studies that changed, and nothing about them."""

from flask import Blueprint, Response

from web.access import needs
from web.streaming import stream_of_changes

pages = Blueprint("events", __name__)


@pages.get("/events")
@needs("worklist")
def events() -> Response:
    """Stream the ids that changed."""
    return stream_of_changes("worklist", lambda ids, _login: {"ids": ids})
