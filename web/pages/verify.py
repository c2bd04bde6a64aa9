"""Verify this paper: a public page that tells whether a printed report counts, and nothing else."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from hub.store.verify import standing_of
from web.access import note, the_store

pages = Blueprint("verify", __name__)

LONGEST = 100


@pages.get("/verify")
def ask() -> str | Response:
    """Ask for the digits on the paper, or answer those that were sent."""
    digits = request.args.get("digits", "")[:LONGEST]
    return _answer(digits) if digits.strip() else render_template("verify.html", standing="")


@pages.get("/verify/<digits>")
def verify(digits: str) -> str:
    """Answer what the code on the paper says."""
    return _answer(digits[:LONGEST])


def _answer(digits: str) -> str:
    with the_store().reading() as session:
        standing = standing_of(session, digits)
    note("verify", f"report:{''.join(digits.split())[:16]}", standing)
    return render_template("verify.html", standing=standing)
