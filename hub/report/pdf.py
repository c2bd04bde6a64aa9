"""Prints a report page as PDF: A4, Chinese fonts embedded, an ECG at true scale on a page of its own."""

import io
import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree as ET

import segno
import typst

from hub.report.fonts import FAMILIES, covered_characters, font_folder, loaded_fonts
from hub.report.page import DoctorOnPage, ReportPage
from hub.report.page_words import PAGE_WORDS
from hub.report.printable import printable

_TEMPLATE = Path(__file__).with_name("report.typ")
#: What A4 across leaves for a tracing within the margins of the template, in mm.
ECG_ROOM_MM = (277.0, 160.0)
_DIGITS_SHOWN = 16
#: Characters of a name that the line above every page has room for; the first page has it whole.
_RUNNING_NAME = 24
#: Width of the column of labels: four Chinese characters, or "Examination".
_LABEL_MM = {"zh": 15, "en": 20}

Printed = Callable[[str], str]


def report_pdf(page: ReportPage, font_dir: Path | None = None) -> bytes:
    """Return the report as PDF; the same page gives the same bytes.

    `font_dir` holds the fonts, `font_folder()` unless given. Raises FontsMissing without them and ValueError
    when the tracing does not fit A4 at its true scale.
    """
    folder = font_dir or font_folder()
    fonts = loaded_fonts(folder)
    families = {font.family for font in fonts.fonts()}
    content = page_content(page, lambda text: printable(text, covered_characters(folder)))
    content["families"] = [family for family in FAMILIES if family in families]
    inputs = {
        "page": json.dumps(content, ensure_ascii=False),
        "ecg": page.ecg_svg,
        "qr": _qr(f"{page.verify_at}/verify/{page.digest}" if page.verify_at else page.digest),
    }
    compiler = typst.Compiler(_template(), root=_TEMPLATE.parent, font_paths=fonts, sys_inputs=inputs)
    pdf = compiler.compile(format="pdf", timestamp=int(page.signed_at.timestamp()))
    if not isinstance(pdf, bytes):
        raise TypeError("the typesetter gave several files where one PDF was asked for")
    return pdf


def page_content(page: ReportPage, shown: Printed) -> dict[str, object]:
    """Return what the template reads, every text passed through `shown`."""
    words = PAGE_WORDS[page.language]
    name = shown(page.patient.name) + (f" ? ({words['guessed']})" if page.patient.guessed else "")
    width, height = _ecg_size(page.ecg_svg)
    return {
        "words": words,
        "language": page.language,
        "region": "cn" if page.language == "zh" else "gb",
        "label_width": _LABEL_MM[page.language],
        "organisation": shown(page.organisation),
        "title": shown(page.title),
        "document_title": shown(f"{page.title} {page.study.accession}".strip()),
        "document_author": shown(page.signer.name),
        "running": shown("   ".join(filter(None, _who(page)))),
        "page_of": words["page"].split("{}"),
        "demo": words["demo"] if page.demo else "",
        "facts": [fact | {"value": shown(fact["value"])} for fact in _facts(page, name)],
        "findings": _lines(page.text.findings, shown),
        "impression": _lines(page.text.impression, shown),
        "advice": _lines(page.text.advice, shown),
        "addendum": _lines(page.text.addendum, shown),
        "predecessor": shown(page.predecessor),
        "ai": [shown(line) for line in page.ai],
        "author": _doctor(page.author, shown),
        "signer": _doctor(page.signer, shown),
        "signed_at": _local_time(page),
        "digest": _grouped(page.digest),
        "verify_note": words["verify_note"].format(page.verify_at)
        if page.verify_at
        else words["digest_note"],
        "footer": shown(f"{page.organisation} · {page.title} · {_version(page)}"),
        "digest_line": f"{words['digest']} {_grouped(page.digest)}",
        "ecg_width": width,
        "ecg_height": height,
    }


def _who(page: ReportPage) -> tuple[str, ...]:
    words, name = PAGE_WORDS[page.language], page.patient.name
    if len(name) > _RUNNING_NAME:
        name = name[: _RUNNING_NAME - 1] + "…"
    if page.patient.guessed:
        name += " ?"
    patient_id = f"{words['patient_id']} {page.patient.patient_id}" if page.patient.patient_id else ""
    accession = f"{words['accession']} {page.study.accession}" if page.study.accession else ""
    return (name, page.patient.sex, page.patient.age, patient_id, accession, page.study.date)


def _facts(page: ReportPage, name: str) -> list[dict]:
    """The grid below the letterhead: label, value, and how many of a row's three columns it takes."""
    words, patient, study = PAGE_WORDS[page.language], page.patient, page.study
    placed = (
        ("name", name, 2),
        ("patient_id", patient.patient_id, 1),
        ("sex", patient.sex, 1),
        ("age", patient.age, 1),
        ("birth_date", patient.birth_date, 1),
        ("accession", study.accession, 1),
        ("modality", study.modality, 1),
        ("date", study.date, 1),
        ("site", study.site, 2),
        ("version", _version(page), 1),
        ("description", study.description, 3),
        *([("history", study.history, 3)] if study.history else []),
        ("study_uid", study.study_uid, 3),
    )
    return [
        {"label": words[key], "value": value or "—", "span": span, "small": key == "study_uid"}
        for key, value, span in placed
    ]


def _lines(text: str, shown: Printed) -> list[str]:
    return shown(text.strip("\r\n")).split("\n") if text.strip() else []


def _doctor(doctor: DoctorOnPage | None, shown: Printed) -> dict[str, str] | None:
    return {"name": shown(doctor.name), "licence": shown(doctor.licence)} if doctor else None


def _version(page: ReportPage) -> str:
    return PAGE_WORDS[page.language]["version_value"].format(page.version)


def _local_time(page: ReportPage) -> str:
    offset = f"{page.signed_at:%z}"
    return f"{page.signed_at:%Y-%m-%d %H:%M:%S} UTC{offset[:3]}:{offset[3:5]}"


def _grouped(digest: str) -> str:
    return " ".join(digest[at : at + 4] for at in range(0, _DIGITS_SHOWN, 4))


def _qr(digest: str) -> str:
    drawn = io.BytesIO()
    segno.make(digest, micro=False, error="m").save(drawn, kind="svg", border=0, xmldecl=False, svgns=True)
    return drawn.getvalue().decode()


def _ecg_size(svg: str) -> tuple[float, float]:
    if not svg:
        return 0.0, 0.0
    root = ET.fromstring(svg)
    width, height = (float(root.attrib[side].removesuffix("mm")) for side in ("width", "height"))
    if width > ECG_ROOM_MM[0] or height > ECG_ROOM_MM[1]:
        raise ValueError(
            f"a tracing of {width:g} x {height:g} mm does not fit A4 at true scale; "
            "draw fewer seconds, a slower speed or another layout"
        )
    return width, height


@lru_cache(maxsize=1)
def _template() -> bytes:
    return _TEMPLATE.read_bytes()
