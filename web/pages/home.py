"""The door: sends each role to the page it works on."""

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from web.access import person

pages = Blueprint("home", __name__)


@pages.get("/")
def home() -> Response:
    """Send readers to the worklist and townships to their inbox."""
    return redirect("/inbox" if person().may("inbox") else "/worklist", 303)
