"""WADO-RS (PS3.18 10.4): instances as stored, metadata, frames, bulk data, rendered pictures."""

import re
from collections.abc import Iterator
from pathlib import Path

from flask import Blueprint, Response, abort, json
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydicom import Dataset
from pydicom.uid import UID

from dicom.errors import Damaged, NotAPicture, Unreadable
from dicom.load import load_dataset
from dicom.transcode import WRITTEN, transcoded_file, turned_words
from web.access import needs, note, the_store
from web.dicomweb.accept import (
    EXPLICIT_LITTLE,
    FRAME_TYPES,
    JSON,
    OCTETS,
    accepted,
    must_take_json,
    named_syntaxes,
    takes,
    takes_alone,
    wished_syntax,
)
from web.dicomweb.frames import MOST_FRAMES_AT_ONCE, every_frame, read_frames
from web.dicomweb.metadata import metadata
from web.dicomweb.multipart import Part, alone, begun, multipart
from web.dicomweb.objects import Found, Names, find, sound_file
from web.pictures import note_pictures

pages = Blueprint("wado", __name__, url_prefix="/dicom-web")

TAG = re.compile("[0-9A-Fa-f]{8}")
PIXEL_DATA = 0x7FE00010
DICOM = "application/dicom"
STUDY = "/studies/<study>"
SERIES = STUDY + "/series/<series>"
INSTANCE = SERIES + "/instances/<instance>"


@pages.get(STUDY)
@pages.get(SERIES)
@pages.get(INSTANCE)
@needs("worklist")
def retrieve(**uids: str) -> Response:
    """Return instances as they are stored. Every download has a row of its own."""
    names = Names(**uids)
    found = _find(names)
    accept = accepted(DICOM)
    if not takes(accept, DICOM):
        abort(406)
    files = [sound_file(one.instance) for one in found]
    parts = begun(_object_parts(found, files, accept, is_alone=bool(names.instance)))
    note("download", names.thing(), site=found[0].study.site.name, detail=f"{len(files)} instances")
    if len(files) == 1 and takes_alone(accept, DICOM):
        return alone(next(parts).content, DICOM)
    return multipart(parts, DICOM)


def _object_parts(found: list[Found], files: list[Path], accept: str, is_alone: bool) -> Iterator[Part]:
    """Yield each object when its turn comes: as it is stored, or in a syntax that the client names for it."""
    named, wished = named_syntaxes(accept, DICOM), wished_syntax(accept, DICOM, WRITTEN)
    for one, file in zip(found, files, strict=True):
        stored = one.instance.transfer_syntax
        if named & {"*", stored}:
            yield Part(f"{DICOM}; transfer-syntax={stored}", file)
        elif wished:
            yield _written(file, wished, is_alone)
        else:
            raise NotAPicture("the object is not written in the transfer syntax asked for")


def _written(file: Path, wished: str, is_alone: bool) -> Part:
    """Write an object in `wished`; of a series or study, one without pixels is given uncompressed."""
    dataset = load_dataset(file)
    syntax = wished if is_alone or "PixelData" in dataset else EXPLICIT_LITTLE
    return Part(f"{DICOM}; transfer-syntax={syntax}", transcoded_file(dataset, syntax))


@pages.get(STUDY + "/metadata")
@pages.get(SERIES + "/metadata")
@pages.get(INSTANCE + "/metadata")
@needs("worklist")
def read_metadata(**uids: str) -> Response:
    """Return attributes without bulk. Every answer is a view with a row of its own."""
    names = Names(**uids)
    found = _find(names)
    must_take_json()
    said = [
        metadata(sound_file(one.instance), _address(one), one.study.patient)
        for one in found
        if not one.instance.damaged or len(found) == 1
    ]
    note("view", names.thing(), site=found[0].study.site.name, detail="metadata")
    return Response(json.dumps(said), mimetype=JSON)


@pages.get(INSTANCE + "/frames/<numbers>")
@needs("worklist")
def frames(numbers: str, **uids: str) -> Response:
    """Return frames, counted from 1; uncompressed unless the client takes them as stored."""
    (one,) = _find(Names(**uids))
    file = sound_file(one.instance)
    accept = accepted(OCTETS, *FRAME_TYPES.values())
    found = read_frames(file, _numbers(numbers), accept)
    if not takes(accept, found.kind, OCTETS):
        abort(406)
    note_pictures(one.study)
    return multipart(found.parts, found.kind)


@pages.get(INSTANCE + "/bulkdata/<tag>")
@needs("worklist")
def bulk(tag: str, **uids: str) -> Response:
    """Return one binary value that the metadata only names."""
    (one,) = _find(Names(**uids))
    file = sound_file(one.instance)
    if not takes(accepted(OCTETS), OCTETS):
        abort(406)
    dataset = load_dataset(file)
    number = int(tag, 16) if TAG.fullmatch(tag) else None
    if number is None or number not in dataset or not isinstance(dataset[number].value, bytes):
        abort(404)
    value = _plain_value(dataset, number)
    note("download", Names(**uids).thing(), site=one.study.site.name, detail=f"bulkdata {tag}")
    return multipart([Part(OCTETS, value)], OCTETS)


def _plain_value(dataset: Dataset, number: int) -> bytes | Iterator[bytes]:
    """Return a binary value as it is in Explicit VR Little Endian; pixels are decoded frame by frame."""
    syntax = UID(dataset.file_meta.TransferSyntaxUID)
    if number == PIXEL_DATA and syntax.is_encapsulated:
        return begun(every_frame(dataset))
    return bytes(dataset[number].value) if syntax.is_little_endian else turned_words(dataset[number])


@pages.errorhandler(Damaged)
def damaged(_error: Damaged) -> ResponseReturnValue:
    """A damaged file is refused, never shown as good."""
    return {"error": "damaged", "message": _("文件已损坏（摘要不符），不予显示。")}, 500


@pages.errorhandler(NotAPicture)
@pages.errorhandler(Unreadable)
def no_picture(error: NotAPicture | Unreadable) -> ResponseReturnValue:
    """Say why the object cannot be shown so."""
    return {"error": "no-picture", "message": _("无法显示：%(why)s", why=str(error))}, 406


def _find(names: Names) -> list[Found]:
    with the_store().reading() as session:
        return find(session, names)


def _address(one: Found) -> str:
    return (
        f"/dicom-web/studies/{one.study.study_instance_uid}/series/{one.series.series_instance_uid}"
        f"/instances/{one.instance.sop_instance_uid}"
    )


def _numbers(text: str) -> list[int]:
    parts = text.split(",")
    if len(parts) > MOST_FRAMES_AT_ONCE or not all(p.isascii() and p.isdigit() and len(p) < 7 for p in parts):
        abort(400)
    return [int(part) for part in parts]
