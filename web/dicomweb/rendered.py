"""Rendered pictures and thumbnails (PS3.18 10.4.1.1.4, 8.3.5): JPEG made by the one pixel function."""

import math

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

import dicom.rendered
from dicom.errors import Damaged, NotAPicture, Unreadable
from dicom.facts import kind_of
from dicom.rendered import View
from web.access import needs, the_store
from web.dicomweb.accept import accepted, takes
from web.dicomweb.multipart import Part, begun, multipart
from web.dicomweb.objects import Found, Names, find, sound_file
from web.dicomweb.wado import INSTANCE, SERIES, STUDY, damaged, no_picture
from web.faults import fault
from web.pictures import note_pictures

pages = Blueprint("rendered", __name__, url_prefix="/dicom-web")
pages.register_error_handler(Damaged, damaged)
pages.register_error_handler(NotAPicture, no_picture)
pages.register_error_handler(Unreadable, no_picture)

THUMBNAIL_SIDE = 160
#: More pictures than this are asked for series by series, or frame by frame.
MOST_RENDERED = 200
LARGEST_SIDE = 8192
JPEG = "image/jpeg"


@pages.get(INSTANCE + "/rendered")
@pages.get(INSTANCE + "/frames/<int:number>/rendered")
@needs("worklist")
def rendered(number: int = 1, **uids: str) -> Response:
    """Return one frame as JPEG; `viewport` bounds its sides, `window` is centre,width[,function]."""
    return _picture(Names(**uids), number, _viewport())


@pages.get(STUDY + "/rendered")
@pages.get(SERIES + "/rendered")
@needs("worklist")
def rendered_all(**uids: str) -> ResponseReturnValue:
    """Return the first frame of every picture of a series or study, each as a JPEG part."""
    with the_store().reading() as session:
        found = [one for one in find(session, Names(**uids)) if _is_picture(one)]
    if not takes(accepted(JPEG), JPEG) or not found:
        abort(406)
    if len(found) > MOST_RENDERED:
        return _too_many(len(found))
    files = [sound_file(one.instance) for one in found]
    view, store = View(0, _viewport(), _window()), the_store()
    pairs = zip(found, files, strict=True)
    pictures = begun(dicom.rendered.rendered(store, one.instance, file, view) for one, file in pairs)
    note_pictures(found[0].study)
    return multipart((Part(JPEG, picture) for picture in pictures), JPEG)


def _too_many(count: int) -> ResponseReturnValue:
    said = _(
        "这里有%(count)s幅图像，一次最多生成%(most)s幅。请按序列或实例索取。", count=count, most=MOST_RENDERED
    )
    return fault(413, "too-many-pictures", said)


@pages.get(STUDY + "/thumbnail")
@pages.get(SERIES + "/thumbnail")
@pages.get(INSTANCE + "/thumbnail")
@pages.get(INSTANCE + "/frames/<int:number>/thumbnail")
@needs("worklist")
def thumbnail(number: int = 1, **uids: str) -> Response:
    """Return a small JPEG of an instance, or of the first picture of a series or study."""
    return _picture(Names(**uids), number, _viewport() or THUMBNAIL_SIDE)


def _picture(names: Names, number: int, longest_side: int | None) -> Response:
    with the_store().reading() as session:
        one = _first_picture(find(session, names))
    if not takes(accepted(JPEG), JPEG):
        abort(406)
    file = sound_file(one.instance)
    view = View(number - 1, longest_side, _window())
    picture = dicom.rendered.rendered(the_store(), one.instance, file, view)
    note_pictures(one.study)
    return Response(picture, mimetype=JPEG)


def _first_picture(found: list[Found]) -> Found:
    return next((one for one in found if _is_picture(one)), found[0])


def _is_picture(one: Found) -> bool:
    return kind_of(one.instance.sop_class_uid, one.instance.rows) == "image"


def _viewport() -> int | None:
    said = request.args.get("viewport", "").split(",")[:2]
    sides = [int(side) for side in said if side.isascii() and side.isdigit() and len(side) < 6]
    return min(max(sides), LARGEST_SIDE) if sides and max(sides) > 0 else None


def _window() -> tuple[float, float] | None:
    parts = request.args.get("window", "").split(",")
    try:
        centre, width = float(parts[0]), float(parts[1])
    except (IndexError, ValueError):
        return None
    return (centre, width) if math.isfinite(centre) and math.isfinite(width) and width >= 1 else None
