"""STOW-RS (PS3.18 10.5): instances of the person's site, kept by the same durable path as by DICOM."""

import mmap
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import structlog
from flask import Blueprint, Response, abort, json, request
from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError

from dicom.admission import Caller
from dicom.errors import Unreadable
from dicom.header import names_in, read_header
from dicom.keep import Entry, Keeper, Message, NotTaken, untaken_by
from dicom.part10 import data_set_place
from dicom.settle import settle_now
from dicom.status import CANNOT_UNDERSTAND, COERCED, DATA_SET_MISMATCH, NOT_AUTHORISED
from hub.errors import Refused
from hub.store.tables import Site
from hub.store.untaken import Untaken
from hub.store.worklist import sites_in
from web.access import address, entry, needs, person, the_settings, the_store
from web.dicomweb.accept import JSON, takes
from web.dicomweb.wado import DICOM
from web.refused import refuse_lacking, refuse_unkept

pages = Blueprint("stow", __name__, url_prefix="/dicom-web")

#: A request is spooled to disk; beyond this a study is sent in several.
MOST_PARTS = 20_000
#: Free space in the spool's head for the headers of a part.
LONGEST_PART_HEAD = 16 * 1024
#: RFC 2046 5.1.1 allows 70 characters; Orthanc's has 73.
BOUNDARY = re.compile(r'boundary="?([^";,]+)"?', re.IGNORECASE)
BLOCK = 1024 * 1024
#: How what is kept aside or refused is told to who stored it (PS3.18 table 10.5.3-2).
WARNED = ("kept-aside-content", "aside-again-content", "aside-healed-content")

log = structlog.get_logger("stow")


class Upload(NamedTuple):
    """Who stores and how that is kept; `study` where the address names the only one."""

    keeper: Keeper
    caller: Caller
    study: str


@dataclass
class Stored:
    """What became of the parts, as DICOM JSON items, and the studies to be counted as arrived.

    `nameless` counts parts that are no instance, one that the body's end cut off included.
    """

    taken: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    nameless: int = 0
    cut_off: bool = False
    warned: int = 0
    studies: set[str] = field(default_factory=set)
    untaken: list[Untaken] = field(default_factory=list)


@pages.post("/studies")
@pages.post("/studies/<study>")
@needs("store")
def store(study: str = "") -> Response:
    """Keep every instance of the body, and answer for each; `site` names the site where there are several."""
    kind = request.headers.get("Content-Type", "")
    boundary = BOUNDARY.search(kind)
    if request.mimetype != "multipart/related" or not takes(kind, DICOM) or boundary is None:
        abort(415)
    site = _site()
    caller = Caller(site.name, "STOW-RS", the_settings().ae_title, address())
    upload, stored = Upload(Keeper(the_store()), caller, study), Stored()
    with _spooled() as content:
        try:
            for number, part in enumerate(parts(content, boundary[1].encode("latin-1"))):
                if number >= MOST_PARTS:
                    abort(413)
                with part:
                    _keep(upload, part, stored)
        except Unreadable:
            stored.nameless, stored.cut_off = stored.nameless + 1, True
    _finish(upload, stored)
    return _answer(stored)


def parts(content: memoryview | mmap.mmap, boundary: bytes) -> Iterator[memoryview]:
    """Yield the body of each part (RFC 2046 5.1.1) without copying.

    Raises Unreadable where the body ends within a part.
    """
    whole, mark = memoryview(content), b"--" + boundary
    at = content.find(mark) if isinstance(content, mmap.mmap) else -1
    with whole:
        while at >= 0:
            start = at + len(mark)
            if bytes(whole[start : start + 2]) == b"--":
                return
            head = content.find(b"\r\n\r\n", start, start + LONGEST_PART_HEAD)  # type: ignore[union-attr]
            following = content.find(b"\r\n" + mark, head + 2) if head >= 0 else -1  # type: ignore[union-attr]
            if following < 0:
                raise Unreadable("the body ends within a part")
            yield whole[head + 4 : max(head + 4, following)]
            at = following + 2


def _keep(upload: Upload, part: memoryview, stored: Stored) -> None:
    message = Message("", "", "")
    try:
        with _message(part) as (message, dataset, said_study):
            if upload.study and said_study != upload.study:
                raise NotTaken(DATA_SET_MISMATCH, "the instance is of another study")
            is_first = said_study not in stored.studies
            row = _row(upload, said_study) if is_first else None
            arrival, outcome = upload.keeper.take(message, dataset, upload.caller, row)
    except Unreadable:
        stored.nameless += 1
    except NotTaken as refusal:
        stored.failed.append(_item(message, "00081197", refusal.status))
        lacking = untaken_by(refusal, message, upload.caller)
        if lacking is not None:
            stored.untaken.append(lacking)
    else:
        if outcome == "another-site":
            stored.failed.append(_item(message, "00081197", NOT_AUTHORISED))
            return
        facts = arrival.study
        uid = message.sop_instance_uid
        where = f"{facts.study_instance_uid}/series/{facts.series_instance_uid}/instances/{uid}"
        item = _item(message, "00081196", COERCED if outcome in WARNED else None)
        item["00081190"] = {"vr": "UR", "Value": [f"/dicom-web/studies/{where}"]}
        stored.taken.append(item)
        stored.warned += outcome in WARNED
        stored.studies.add(facts.study_instance_uid)


def _row(upload: Upload, study: str) -> Entry:
    """Return the audit row of a study, written together with its first instance that is acknowledged."""
    row = entry("store", f"study-uid:{study}", site=upload.caller.site, detail="by STOW-RS")
    return lambda outcome: None if outcome == "another-site" else row


def _finish(upload: Upload, stored: Stored) -> None:
    """Write down what was refused, and settle what came whole.

    What is kept has its audit row and is acknowledged: a database that is away by now makes the rest wait.
    """
    site = upload.caller.site
    for one in stored.untaken:
        refuse_lacking(entry("store", one.sop_instance_uid, "refused", site=site, detail="by STOW-RS"), one)
    said = f"{len(stored.taken)} kept, {len(stored.failed) + stored.nameless} refused"
    thing = f"study-uid:{upload.study}" if upload.study else "stow"
    refuse_unkept(entry("store", thing, site=site, detail=said))
    waiting = {one.study_instance_uid for one in stored.untaken if not one.unreadable}
    whole = stored.studies - waiting
    if whole and not stored.cut_off:
        try:
            settle_now(the_store(), site, whole)
        except SQLAlchemyError as error:
            log.warning("studies settle by their quiet time", kind=type(error).__name__)


@contextmanager
def _message(part: memoryview) -> Iterator[tuple[Message, memoryview, str]]:
    """Give the instance of a part as the receiver takes it or refuses it, with its Study UID.

    Raises Unreadable where it does not even say which instance it is.
    """
    place = data_set_place(part)
    if not place.offset:
        raise Unreadable("a part is no DICOM file")
    with part[place.offset :] as dataset:
        try:
            header = read_header(dataset, place.transfer_syntax)
            sop_class, uid, study = header.sop_class_uid, header.sop_instance_uid, header.study_instance_uid
        except Unreadable:
            sop_class, (study, uid) = "", names_in(dataset, place.transfer_syntax)
            if not uid:
                raise
        yield Message(sop_class, uid, place.transfer_syntax), dataset, study


@contextmanager
def _spooled() -> Iterator[mmap.mmap]:
    """Give the request's body from a file of ours without a name, so that memory stays small."""
    with tempfile.TemporaryFile(dir=the_settings().data_dir / "incoming") as file:
        while block := request.stream.read(BLOCK):
            file.write(block)
        file.flush()
        if file.tell() == 0:
            abort(400)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            yield content


def _site() -> Site:
    """Return the site to which the instances belong: the only one of the person, or the one named."""
    name = request.args.get("site", "")
    with the_store().reading() as session:
        mine = [site for site in sites_in(session, person().scope) if site.active]
    found = [site for site in mine if site.name == name] if name else mine
    if len(found) != 1:
        raise Refused(_("请选择机构。"))
    return found[0]


def _item(message: Message, tag: str, reason: int | None) -> dict[str, Any]:
    item: dict[str, Any] = {
        "00081150": {"vr": "UI", "Value": [message.sop_class_uid]},
        "00081155": {"vr": "UI", "Value": [message.sop_instance_uid]},
    }
    return item if reason is None else item | {tag: {"vr": "US", "Value": [reason]}}


def _answer(stored: Stored) -> Response:
    """200: all kept. 202: some refused, or kept aside. 409: none kept (PS3.18 table 10.5.3-1)."""
    said: dict[str, Any] = {}
    if stored.taken:
        said["00081199"] = {"vr": "SQ", "Value": stored.taken}
    if stored.failed:
        said["00081198"] = {"vr": "SQ", "Value": stored.failed}
    if stored.nameless:  # OtherFailuresSequence, of what has no SOP Instance UID
        other = {"00081197": {"vr": "US", "Value": [CANNOT_UNDERSTAND]}}
        said["0008119A"] = {"vr": "SQ", "Value": [other] * stored.nameless}
    status = 200 if stored.taken else 409
    if stored.taken and (stored.failed or stored.nameless or stored.warned):
        status = 202
    return Response(json.dumps(said), status, mimetype=JSON)
