"""Importing ECG files by a page or by a script, and giving the original of an imported one back."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from dicom.ecg_files.apart import LARGEST_FILE
from dicom.ecg_files.refusals import refusal_text
from dicom.ecg_files.take import FileOrigin, FileTaker, Taken, unkept
from dicom.ecg_files.ways import UPLOAD
from dicom.ecg_files.wrap import original_of
from dicom.errors import Damaged, Unreadable
from dicom.load import load_dataset
from hub.errors import NotKept, NotYours
from hub.store.sites import all_sites
from hub.store.tables import Instance, Site
from web.access import address, entry, needs, note, person, study_for, the_store, wants_json
from web.dicomweb.objects import sound_file
from web.dicomweb.wado import damaged
from web.faults import fault
from web.language import chosen_language
from web.refused import refuse_unkept, write_unkept

pages = Blueprint("ecg_files", __name__)
pages.register_error_handler(Damaged, damaged)

MOST_FILES = 20
SUFFIXES = {
    "SCP-ECG": "scp", "EDF": "edf", "MFER": "mwf", "WFDB": "zip",
    "HL7 aECG": "xml", "Philips Sierra XML": "xml", "GE MUSE XML": "xml", "Mortara ELI XML": "xml",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One uploaded file on the page: its name as the browser said it, and what became of it."""

    name: str
    taken: Taken
    sentence: str


@pages.get("/ecg-files")
@needs("import")
def form() -> str:
    """Show where ECG files are uploaded."""
    note("view", "ecg-files")
    return _page(())


@pages.post("/ecg-files")
@needs("import")
def upload() -> ResponseReturnValue:
    """Import the files of a form, field `file`, for the site of field `site`; JSON for a script."""
    site = _chosen_site(request.form.get("site", ""))
    files = [file for file in request.files.getlist("file") if file.filename]
    if not files or len(files) > MOST_FILES:
        return fault(422, "no-files", _("请选择 1 至 %(n)d 个文件。", n=MOST_FILES))
    try:
        lines = [_import(file, site) for file in files]
    except NotKept:
        return fault(
            503, "not-kept", _("中心暂时无法保存文件（磁盘或数据库）。已导入的不会丢失，请稍后重试。")
        )
    if wants_json():
        return {"files": [_as_json(line) for line in lines]}, 422 if _none_taken(lines) else 200
    return _page(lines)


@pages.get("/studies/<int:study_id>/original")
@needs("worklist")
def original(study_id: int) -> ResponseReturnValue:
    """Give the imported file back, byte for byte."""
    uid = request.args.get("instance", "")
    with the_store().reading() as session:
        study = study_for(session, study_id)
        found = session.scalar(
            select(Instance).where(Instance.study_id == study.id, Instance.sop_instance_uid == uid)
        )
        if found is None:
            raise NotYours(f"instance:{uid[:64]}")
    try:
        held = original_of(load_dataset(sound_file(found)))
    except (ValueError, Unreadable):
        return fault(500, "damaged", _("原始文件已损坏，不予提供。"))
    if held is None:
        return fault(404, "no-original", _("这份心电图不是由文件导入的，没有原始文件。"))
    note("download", f"instance:{found.sop_instance_uid}", site=study.site.name, detail="original file")
    name = f"ecg-{found.digest[:12]}.{SUFFIXES.get(held[0], 'bin')}"
    return Response(
        held[1], mimetype="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )  # fmt: skip


def _import(file: FileStorage, site: Site) -> Line:
    content = file.stream.read(LARGEST_FILE + 1)
    row = entry("import", "ecg-file", site=site.name, detail="by upload")
    write_unkept()
    try:
        taken = _taker().take(content, FileOrigin(site.name, UPLOAD, address()), row)
    except NotKept as error:
        refuse_unkept(unkept(row, content, error))
        raise
    return Line((file.filename or "")[-120:], taken, _sentence(taken))


def _sentence(taken: Taken) -> str:
    if taken.outcome == "refused":
        return refusal_text(taken.reason, taken.detail, chosen_language())
    return {
        "kept": _("已导入（%(format)s），正在预读。", format=taken.format),
        "same-again": _("这份文件已导入过，没有重复添加。"),
        "aside": _("中心已有同一编号而内容不同的心电图：这一份已另存，等待管理员处理。"),
    }[taken.outcome]


def _as_json(line: Line) -> dict[str, object]:
    taken = line.taken
    return {
        "name": line.name, "outcome": taken.outcome, "sha256": taken.digest, "format": taken.format,
        "study": taken.study_id, "reason": taken.reason, "message": line.sentence,
    }  # fmt: skip


def _none_taken(lines: Sequence[Line]) -> bool:
    return all(line.taken.outcome == "refused" for line in lines)


def _chosen_site(said: str) -> Site:
    """Return the open site of that number within the person's scope. Raises NotYours."""
    with the_store().reading() as session:
        found = next((site for site in _open_sites(session) if str(site.id) == said), None)
    if found is None:
        raise NotYours(f"site:{said[:16]}")
    return found


def _open_sites(session: Session) -> list[Site]:
    return [site for site in all_sites(session) if site.active and person().scope.covers(site.id)]


def _taker() -> FileTaker:
    taker = current_app.extensions.get("ecg-files")
    if taker is None:
        taker = current_app.extensions["ecg-files"] = FileTaker(the_store())
    assert isinstance(taker, FileTaker)
    return taker


def _page(lines: Sequence[Line]) -> str:
    with the_store().reading() as session:
        sites = _open_sites(session)
    return render_template(
        "ecg_files.html", lines=lines, sites=sites, largest=LARGEST_FILE >> 20, most=MOST_FILES
    )  # fmt: skip
