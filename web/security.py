"""Headers that every answer carries, the hosts that may be asked for, and where one may be sent."""

import re
from urllib.parse import urlsplit

from flask import Flask, abort, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from hub.settings import Settings

#: RFC 9110 7.2: a name, an IPv4 or a bracketed IPv6 address, and perhaps a port.
HOST = re.compile(r"([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?")
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
ANY_HOST = ("0.0.0.0", "::")
#: Drafts and forms are small; only ECG files are uploaded, by who is logged in.
LARGEST_BODY = 1024 * 1024
#: What takes more than a form, and how much of it.
UPLOADS = {"ecg_files.upload": 64 * 1024 * 1024, "stow.store": 2 * 1024 * 1024 * 1024}
YEAR_SECONDS = 365 * 24 * 3600
#: Files whose name changes with their content.
HASHED = "/static/dist/assets/"

CONTENT_SECURITY_POLICY = "; ".join((
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self' blob:",
    "img-src 'self' data: blob:",
    "style-src 'self'",
    "style-src-attr 'unsafe-inline'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
))  # fmt: skip


def secure(app: Flask, settings: Settings) -> None:
    """Bind the app to its own hosts, cap what is sent to it, and put the headers on every answer."""
    trusted = trusted_hosts(settings)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY
    if settings.behind_https:
        # Exactly one proxy of ours stands before; what the browser says of itself is not believed.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=0, x_prefix=0)  # type: ignore[method-assign]

    @app.before_request
    def _host() -> None:
        # Werkzeug's own list cannot name an IPv6 address.
        if host_name(request.environ.get("HTTP_HOST", "")) not in trusted:
            abort(400)

    @app.before_request
    def _no_nul() -> None:
        # No database keeps it, and nobody types it. An upload's form is read once it is known who asks.
        if request.endpoint in UPLOADS:
            request.max_content_length = UPLOADS[request.endpoint]
            form = []
        else:
            form = list(request.form.values())
        if any("\0" in text for text in (request.path, *request.args.values(), *form)):
            abort(400)

    @app.after_request
    def _headers(response: Response) -> Response:
        return with_headers(response, settings.behind_https)


def trusted_hosts(settings: Settings) -> frozenset[str]:
    """Return the host names under which this hub may be asked."""
    named = [host.strip() for host in settings.trusted_hosts.split(",") if host.strip()]
    own = settings.http_address[0]
    listening = [] if own in ANY_HOST else [f"[{own}]" if ":" in own else own]
    return frozenset(name.lower() for name in (*named, *LOOPBACK, *listening))


def host_name(header: str) -> str:
    """Return the name in a Host header, without its port; empty when it is none."""
    matched = HOST.fullmatch(header.lower())
    return matched[1] if matched else ""


def with_headers(response: Response, https: bool) -> Response:
    """Return `response` with the headers that keep a page to itself."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if not request.path.startswith("/static/"):
        headers["Cache-Control"] = "no-store"
    elif request.path.startswith(HASHED) and response.status_code == 200:
        headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    if https:
        headers["Strict-Transport-Security"] = f"max-age={YEAR_SECONDS}"
    return response


def local_path(target: str | None) -> str | None:
    """Return `target` when it is a path of this hub, else None: nobody is sent elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(character < " " or character == "\\" for character in target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target
