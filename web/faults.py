"""What a person or a script is told when something is refused, missing or broken."""

import structlog
from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from hub.errors import HubError, NotYours, Refused
from web.access import note, wants_json
from web.refusal_words import told

log = structlog.get_logger("web")

Answer = ResponseReturnValue
RETRY_SECONDS = 5


def answer_faults(app: Flask) -> None:
    """Give every error its answer: a page for people, JSON for scripts, nothing about the inside."""
    app.register_error_handler(NotYours, _not_yours)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(HubError, _hub)
    app.register_error_handler(Exception, _unexpected)


def fault(status: int, error: str, message: str) -> Answer:
    """Return the answer for an error: `error` is a key for scripts, `message` a sentence for people."""
    if wants_json() or request.path.startswith("/dicom-web"):
        return {"error": error, "message": message}, status
    return render_template("error.html", status=status, message=message), status


def _not_yours(error: NotYours) -> Answer:
    note("view", str(error) or request.path, "not-yours")
    return fault(404, "not-found", _("没有这个页面或检查。"))


def _refused(error: Refused) -> Answer:
    return fault(422, "refused", told(error))


def _csrf(_error: CSRFError) -> Answer:
    g.refusal = "csrf"
    return fault(400, "csrf", _("页面已过期，请刷新后再试。"))


def _http(error: HTTPException) -> Answer:
    if error.response is not None:
        return error.get_response()  # type: ignore[return-value]
    sentences = {
        400: _("请求不完整或不正确。"),
        401: _("请先登录。"),
        403: _("您的账号没有这项权限。"),
        404: _("没有这个页面或检查。"),
        405: _("这里不能这样操作。"),
        413: _("提交的内容太大。"),
    }
    status = error.code or 500
    return fault(status, f"http-{status}", sentences.get(status, _("请求没有完成。")))


def _database(error: DBAPIError) -> Answer:
    log.error("the database did not answer", path=request.endpoint, exc_info=error)
    # The page around an error needs the session, and with it the database.
    sentence = "数据库暂时不可用，请稍后再试。 The database is not available; please try again."
    return {"error": "database", "message": sentence}, 503, {"Retry-After": str(RETRY_SECONDS)}


def _hub(error: HubError) -> Answer:
    log.error("refused by the hub", path=request.endpoint, exc_info=error)
    return fault(500, "hub", str(error))


def _unexpected(error: Exception) -> Answer:
    log.error("a page failed", path=request.endpoint, exc_info=error)
    return fault(500, "fault", _("系统出错，已记入日志。请重试；若再次出现请联系管理员。"))
