"""What the hub offers by DICOMweb (PS3.18), told from its own routes and tables."""

import importlib
import pkgutil
from inspect import getdoc

from flask import Flask
from pydicom.uid import UID

from dicom import htj2k
from dicom.conformance.markdown import section, table
from dicom.transcode import WRITTEN
from web import dicomweb
from web.dicomweb import qido, stow, wado
from web.dicomweb.accept import FRAME_TYPES, JSON, OCTETS
from web.dicomweb.frames import ENCODED, MOST_FRAMES_AT_ONCE
from web.dicomweb.matching import Match, date_match, number_match, time_match, uid_match
from web.dicomweb.rendered import JPEG, LARGEST_SIDE, MOST_RENDERED
from web.security import UPLOADS

HOW: dict[Match, str] = {
    date_match: "date, range", time_match: "time, range", uid_match: "list of UIDs", number_match: "number"
}  # fmt: skip


def sections() -> list[str]:
    """Return the sections of the conformance statement about DICOMweb."""
    return [_resources(), _keys(), _media_types(), _bounds()]


def _resources() -> str:
    app = Flask("statement")
    for module in pkgutil.iter_modules(dicomweb.__path__):
        pages = getattr(importlib.import_module(f"{dicomweb.__name__}.{module.name}"), "pages", None)
        if pages is not None:
            app.register_blueprint(pages)
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]
    rows = [
        (", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})), f"`{rule.rule}`",
         (getdoc(app.view_functions[rule.endpoint]) or "").splitlines()[0])
        for rule in sorted(rules, key=lambda rule: (rule.endpoint.partition(".")[0], rule.rule))
    ]  # fmt: skip
    said = "As origin server, in the session of a log-in; another site's object is 404."
    return section("DICOMweb", said, table(("method", "resource", "what it does"), rows))


def _keys() -> str:
    levels = {"study": qido.STUDY_KEYS, "series": qido.SERIES_KEYS, "instance": qido.INSTANCE_KEYS}
    rows = [
        (name, level, HOW.get(key.match, "text, wildcard"))
        for level, keys in levels.items()
        for name, key in keys.items()
    ]
    said = f"Parameters: {', '.join(qido.STEERING)} (`orderby` is not acted on). {qido.NOT_FUZZY}"
    return section("QIDO-RS keys", said, table(("attribute", "level", "matching"), rows), level=3)


def _media_types() -> str:
    rows = [
        ("instances", wado.DICOM, "as stored"),
        *(("instances", wado.DICOM, f"{UID(one).name}, where asked for") for one in WRITTEN),
        ("metadata, search", JSON, ""),
        ("bulkdata", OCTETS, "Explicit VR Little Endian; compressed pixels are decoded"),
        ("frames", OCTETS, "Explicit VR Little Endian"),
        *(("frames", kind, UID(uid).name) for uid, kind in FRAME_TYPES.items()),
        ("rendered, thumbnail", JPEG, ""),
        ("storing", wado.DICOM, "any of the storage service's"),
    ]
    said = (
        "What is taken is said by the `accept` parameter, or by the header where that names nothing "
        "that is given. "
        "Objects and parts come as `multipart/related`; one instance also alone as `application/dicom`. "
        f"Compressed frames are given as they are stored; {' and '.join(ENCODED)} are written too. What is "
        "neither stored nor written is 406; of a study or series asked for compressed, objects without "
        f"pixels come in Explicit VR Little Endian. {htj2k.MISSING}; elsewhere it is 406."
    )
    return section(
        "Media types", said, table(("resource", "media type", "transfer syntax"), rows), level=3
    )  # fmt: skip


def _bounds() -> str:
    rows = [
        ("answers to one search", qido.MOST_RESULTS),
        ("frames at once", MOST_FRAMES_AT_ONCE),
        ("pictures rendered at once", MOST_RENDERED),
        ("longest side of a picture", f"{LARGEST_SIDE} pixels"),
        ("one store request", f"{UPLOADS['stow.store']} bytes, {stow.MOST_PARTS} instances"),
    ]
    return section("Bounds", table(("what", "at most"), rows), level=3)
