"""The web tests work on a real store, with people of every role and studies of two sites."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from blake3 import blake3
from flask import Flask
from sqlalchemy import func, select

from dicom.arriving import arrival_of, receipt_of
from dicom.header import header_of_file
from dicom.part10 import dataset_offset, part10_head
from hub.domain.arrival import Origin
from hub.settings import Settings
from hub.store import Store, users
from hub.store.arrivals import Coming, take
from hub.store.moves import move_study
from hub.store.quick_rows import QuickRows
from hub.store.tables import AuditRow, RefusalWindow, Study
from tests.plugins.store import arrive, settings, store
from tests.web.browser import PASSWORD, Browser
from web.app import make_app

__all__ = ["arrive", "settings", "store"]

#: username: role, sites
PEOPLE = {
    "boss": ("admin", ()),
    "li": ("reader", ()),
    "wang": ("reviewer", ()),
    "eastdoc": ("reader", ("east",)),
    "eastclinic": ("township", ("east",)),
    "westclinic": ("township", ("west",)),
}


@pytest.fixture
def people(store: Store) -> None:
    with store.writing() as session:
        for name, (role, sites) in PEOPLE.items():
            users.add_user(session, name, role, PASSWORD, sites, display_name=name.title(), licence="L1")


@pytest.fixture
def app(store: Store, settings: Settings, people: None) -> Iterator[Flask]:
    made = make_app(store, settings)
    made.testing = True
    made.config["PROPAGATE_EXCEPTIONS"] = False
    yield made
    made.extensions["ears"].close()


@pytest.fixture
def browser(app: Flask) -> Callable[[str], Browser]:
    """Return a browser in which the named person is logged in."""

    def logged_in(username: str) -> Browser:
        made = Browser(app)
        assert made.login(username).status_code == 303
        return made

    return logged_in


@pytest.fixture
def li(browser: Callable[[str], Browser]) -> Browser:
    return browser("li")


@pytest.fixture
def boss(browser: Callable[[str], Browser]) -> Browser:
    return browser("boss")


@pytest.fixture
def ready(store: Store, arrive: Callable[..., str]) -> Callable[..., int]:
    """Let a study arrive and settle; return its id."""

    def make(site: str = "east", study: str = "1.2", **said: str) -> int:
        said = {"sop": f"{study}.9", "patient": f"P-{study}", "series": f"{study}.1"} | said
        arrive(site=site, study=study, **said)
        with store.writing() as session:
            row = session.scalars(select(Study).where(Study.study_instance_uid == study)).one()
            move_study(session, row, "arrival-settled")
            return row.id

    return make


@pytest.fixture
def audited(store: Store) -> Callable[..., list[tuple[str, str, str]]]:
    """Return (act, thing, outcome) of the audit rows so far, oldest first, perhaps of one actor."""

    def rows(actor: str = "") -> list[tuple[str, str, str]]:
        asked = select(AuditRow).order_by(AuditRow.number)
        with store.reading() as session:
            found = session.scalars(asked.where(AuditRow.actor == actor) if actor else asked)
            return [(row.act, row.thing, row.outcome) for row in found]

    return rows


@pytest.fixture
def counted(app: Flask, store: Store) -> Callable[[str], int]:
    """Return how many refusals of a kind followed the first ones, which have rows of their own."""

    def further(kind: str) -> int:
        app.extensions["refusals"].write()
        with store.reading() as session:
            asked = select(func.sum(RefusalWindow.further)).where(RefusalWindow.kind == kind)
            return session.scalar(asked) or 0

    return further


@pytest.fixture
def keep(store: Store) -> Callable[..., str]:
    """Keep a DICOM file as if a site had sent it, settled at once; return its SOP Instance UID."""

    def kept(path: Path, site: str = "east") -> str:
        body = path.read_bytes()[dataset_offset(path) :]
        header = header_of_file(path)
        arrival = arrival_of(header, header.sop_class_uid, blake3(body).hexdigest(), len(body))
        origin = Origin(site, f"{site.upper()}1", "READHUB", datetime.now(UTC), "127.0.0.1")
        names = (arrival.sop_class_uid, arrival.sop_instance_uid, arrival.transfer_syntax)
        key = store.vault.keep(part10_head(*names, receipt_of(origin, "kept", arrival.digest)), body)
        with store.writing() as session:
            assert take(session.connection(), Coming(arrival, origin, key), QuickRows()) == "kept"
        with store.writing() as session:
            asked = select(Study).where(Study.study_instance_uid == arrival.study.study_instance_uid)
            study = session.scalars(asked).one()
            if study.state == "arriving":
                move_study(session, study, "arrival-settled")
        return arrival.sop_instance_uid

    return kept
