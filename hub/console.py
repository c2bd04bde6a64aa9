"""What an operator does at the console: each act is one transaction with its audit row."""

import getpass
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from hub.errors import Refused
from hub.settings import Settings
from hub.store import audit, audit_anchor, sites, users
from hub.store.engine import Store


def add_site(settings: Settings, name: str, ae_title: str, **more: object) -> str:
    """Add a township and say so; `more` as for `hub.store.sites.add_site`."""
    with acting(settings, "site-added", name) as session:
        return describe_site(sites.add_site(session, name, ae_title, **more))


def edit_site(settings: Settings, name: str, **changes: object) -> str:
    """Change what is given of a township and say what it is now."""
    with acting(settings, "site-edited", name) as session:
        site = sites.site_named(session, name)
        sites.edit_site(site, **changes)
        return describe_site(site)


def bind_site(settings: Settings, name: str, certificate: str) -> str:
    """Bind a township to its client certificate, as `hub.store.sites.bind_certificate`, and say so."""
    with acting(settings, "site-bound", name) as session:
        site = sites.site_named(session, name)
        sites.bind_certificate(site, certificate)
        return describe_site(site)


def list_sites(settings: Settings) -> list[str]:
    """Describe every township, one line each."""
    with opened(settings) as store, store.reading() as session:
        return [describe_site(site) for site in sites.all_sites(session)]


def describe_site(site: sites.Site) -> str:
    """Say in one line how a site calls, with a warning where any address may, and where its reports go."""
    back = sites.return_node(site)
    words = [
        site.name,
        f"calls as {site.ae_title} from {site.address or 'ANY ADDRESS (warning: name one with --address)'}",
        *([f"only with the certificate {site.certificate[:16]}…"] if site.certificate else []),
        f"reports go to {back}" if back else "reports stay in its inbox",
    ]
    return "; ".join([*words, *([] if site.active else ["closed"])])


def add_user(
    settings: Settings, name: str, role: str, password: str, of_sites: Iterable[str] = (), **more: str
) -> str:
    """Add an account and say so; `more` as for `hub.store.users.add_user`."""
    with acting(settings, "user-added", name) as session:
        return _describe_user(users.add_user(session, name, role, password, of_sites, **more))


def change_password(settings: Settings, name: str, password: str) -> str:
    """Give an account another password; its open sessions end."""
    with acting(settings, "password-changed", name) as session:
        user = users.user_named(session, name)
        if user is None:
            raise Refused(f"there is no user '{name}'; `readhub user list` shows them")
        users.set_password(session, user, password)
    return f"{name}: password changed, open sessions ended"


def list_users(settings: Settings) -> list[str]:
    """Describe every account, one line each."""
    with opened(settings) as store, store.reading() as session:
        return [_describe_user(user) for user in users.all_users(session)]


def _describe_user(user: users.User) -> str:
    where = "all sites" if user.all_sites else "its own sites"
    return "; ".join([user.username, user.role, where, *([] if user.active else ["closed"])])


def verify_audit(settings: Settings) -> str:
    """Check the audit trail's chain and say how long it is.

    Raises Refused naming the first row that was changed, removed or moved, or the trail that is missing.
    """
    with opened(settings) as store:
        count, broken = audit.verify(store)
        missing, earlier = audit_anchor.fault(store), audit_anchor.earlier_trails(store)
    if broken is not None:
        raise Refused(f"the audit trail is broken at row {broken} of {count}: changed, removed or moved")
    if missing:
        raise Refused(f"the audit trail is cut off or was replaced: {missing}")
    return "; ".join([f"audit trail intact: {count} rows", *(f"begun anew {words}" for words in earlier)])


@contextmanager
def acting(settings: Settings, act: str, thing: str) -> Iterator[Session]:
    """Give a session for one act at the console, which is committed with its audit row."""
    with opened(settings) as store, store.writing() as session:
        yield session
        audit.append(session, audit.entry(act, thing, **operator()))


def operator() -> dict[str, str]:
    """Return who is at the console, as the audit trail names them."""
    return {"actor": getpass.getuser(), "role": "operator", "address": "console"}


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    """Give the hub's rows and files. Raises Refused where there is none, or of another version."""
    from hub.store.schema import current, newest

    if settings.database_url is None and not (settings.data_dir / "hub.sqlite3").is_file():
        raise Refused(f"there is no hub in {settings.data_dir}; `readhub up` makes one")
    if current(settings) != newest():
        raise Refused(f"the database of {settings.data_dir} is of another version; run `readhub db upgrade`")
    store = Store(settings)
    try:
        yield store
    finally:
        store.close()
