"""Every refusal leaves an audit row: of a person at once, of strangers by a tally that bounds a flood."""

from typing import cast

from flask import Flask, current_app, g, request
from sqlalchemy.exc import DBAPIError
from werkzeug.wrappers import Response

from dicom.refusals import Refusals
from hub.domain.audit import AuditEntry
from hub.store import Store
from hub.store.refusals import Refusal, Tally
from hub.store.untaken import Untaken
from web.access import LONGEST_THING, address, note, someone

#: Assets need no log-in, and a missing one tells nobody anything.
UNCOUNTED = "/static/"


def account_for_refusals(app: Flask, store: Store) -> None:
    """Write a row for each answer that refuses and has none yet."""
    app.extensions["refusals"], app.extensions["unkept"] = Tally(store), Refusals(store)
    app.after_request(_account)


def refuse_stranger(kind: str, thing: str, detail: str = "") -> None:
    """Count what a caller without a log-in is refused; the first of a kind, address and minute is a row."""
    g.audited = True
    strangers().note(Refusal(address(), kind, thing[:LONGEST_THING], detail))


def refuse_unkept(what: AuditEntry) -> None:
    """Write down what a person was refused because it could not be kept, once the database takes rows."""
    g.audited = True
    _unkept(current_app).note(what)


def refuse_lacking(what: AuditEntry, untaken: Untaken) -> None:
    """The same for an instance that its study lacks then; written with the next one, or soon."""
    _unkept(current_app).note_later(what, untaken)


def write_unkept() -> None:
    """Write such refusals that waited for the database."""
    _unkept(current_app).write()


def write_what_waits(app: Flask) -> None:
    """Write everything that is counted or waits in a process that ends."""
    app.extensions["refusals"].write()
    _unkept(app).write()


def _unkept(app: Flask) -> Refusals:
    return cast(Refusals, app.extensions["unkept"])


def strangers() -> Tally:
    """Return this process' count of what strangers are refused."""
    return cast(Tally, current_app.extensions["refusals"])


def _account(response: Response) -> Response:
    refusal = g.get("refusal") or (f"http-{response.status_code}" if _refuses(response) else "")
    if not refusal or g.get("audited") or request.path.startswith(UNCOUNTED):
        return response
    if someone() is None:
        refuse_stranger(refusal, request.path)
        return response
    try:
        note("view", request.path, refusal)
    except DBAPIError as error:
        return current_app.make_response(current_app.handle_user_exception(error))
    return response


def _refuses(response: Response) -> bool:
    return 400 <= response.status_code < 500
