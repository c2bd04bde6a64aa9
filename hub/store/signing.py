"""Signing: a report version is inserted once, bound to what was shown, with what follows from it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC

from sqlalchemy.orm import Session

from hub.domain.ecg_edit import READER
from hub.domain.report import ReportText, Shown, canonical_digest
from hub.domain.scope import Scope
from hub.domain.uid import new_uid
from hub.errors import Changed
from hub.store import audit
from hub.store.agreements import note_agreement
from hub.store.cases import draft_of, locked_case, pre_reads_of, reports_of, series_of
from hub.store.claims import release
from hub.store.drafts import reset_draft
from hub.store.edited_values import edits_of
from hub.store.engine import Store, now
from hub.store.errands import write_errand
from hub.store.first_impressions import are_hidden
from hub.store.guessed_name import need_name
from hub.store.moves import move_study
from hub.store.signing_case import Beside, reasons_for
from hub.store.signing_rights import (
    NotSignable,
    need_open,
    need_right_to_sign,
    need_text,
    need_two,
)
from hub.store.sites import return_node
from hub.store.tables import Delivery, Report, Study, User, WrittenReport
from hub.store.written import settle_signed, waiting_report, written_text

#: The parts of Shown that a difference is named by, in the order in which a reader should care.
PARTS: Mapping[str, tuple[str, ...]] = {
    "identity": ("study_uid", "site", "patient_id", "patient_name", "patient_sex", "patient_birth_date"),
    "instances": ("instances",),
    "pre-read": ("pre_reads",),
    "draft": ("draft_version",),
}
#: Hex digits of each part's digest in a page's token; the whole digest beside them is not shortened.
PART_DIGITS = 16


@dataclass(frozen=True)
class Wish:
    """Who wants to sign what: the page's token of what it showed, the text, and from where it is asked."""

    user_id: int
    scope: Scope
    study_id: int
    token: str
    text: ReportText
    address: str = ""
    suggestion: dict[str, str] | None = None
    confirmed_name: str = ""
    beside: Beside = Beside()


@dataclass(frozen=True)
class Signed:
    """The version that stands now; `again` when it had been signed by the same request before."""

    report_id: int
    version: int
    again: bool = False


def shown_of(session: Session, study: Study) -> Shown:
    """Return what a page that shows `study` now shows."""
    patient, draft = study.patient, draft_of(session, study.id)
    instances = [i for part in series_of(session, study.id) for i in part.instances]
    readings = () if are_hidden(session, study) else pre_reads_of(session, study.id)
    return Shown(
        study_uid=study.study_instance_uid, site=study.site.name,
        patient_id=patient.patient_id or "", patient_name=patient.name, patient_sex=patient.sex,
        patient_birth_date=patient.birth_date,
        instances=tuple(sorted((i.sop_instance_uid, i.digest + "!" * i.damaged) for i in instances)),
        pre_reads=tuple(
            (uid, f"{row.model} {row.version}", canonical_digest(row.reading))
            for uid, row in sorted(readings, key=lambda found: found[0])
        )
        + tuple(
            (edit.instance.sop_instance_uid, f"{READER} {edit.version}", canonical_digest(edit.values))
            for edit in edits_of(session, study.id)
        ),
        draft_version=draft.version if draft else 0,
    )  # fmt: skip


def token_of(shown: Shown) -> str:
    """Return what a page sends back to say what it showed: the digest, and one of each part.

    The parts let a refusal name what changed, also after a restart or a new log-in.
    """
    return ".".join((shown.digest(), *_part_digests(shown).values()))


def changed_since(token: str, shown: Shown) -> tuple[str, ...]:
    """Name the parts that differ from what the page with `token` showed; empty when nothing does."""
    digest, *parts = token.split(".")
    if digest == shown.digest():
        return ()
    told = _part_digests(shown)
    if len(parts) != len(told):
        return ("page",)
    pairs = zip(told.items(), parts, strict=True)
    return tuple(name for (name, now_digest), then in pairs if now_digest != then) or ("page",)


def sign(store: Store, wish: Wish) -> Signed:
    """Sign: insert the next version with its errand, deliveries and audit row, in one transaction.

    The same request again returns the version signed already. Raises NotYours, NotSignable, Claimed,
    Changed when the page showed something else than what stands now, and NameGuessed when the patient's name
    is a guess that the request does not confirm; then nothing was written.
    """
    with store.writing() as session:
        return sign_within(session, wish)


def sign_within(session: Session, wish: Wish) -> Signed:
    """Sign as `sign` does, in the caller's transaction, which ends with the first error."""
    study = locked_case(session, wish.scope, wish.study_id)
    user = session.get_one(User, wish.user_id)
    reports = reports_of(session, study.id)
    again = _signed_already(reports, wish)
    if again is not None:
        return again
    need_right_to_sign(user, study)
    need_open(session, study, user)
    written = waiting_report(session, study.id)
    need_two(study, user, written)
    shown = shown_of(session, study)
    differences = changed_since(wish.token, shown)
    if differences:
        raise Changed(differences)
    need_text(wish.text, bool(reports))
    who = {"actor": user.username, "role": user.role, "site": study.site.name, "address": wish.address}
    need_name(session, study, user, wish.confirmed_name, who)
    reasons = reasons_for(session, study, wish.text, _beside(wish, written))
    report = _insert(session, study, user, wish, shown)
    _add_author(report, user, written)
    report.reasons = reasons or None
    _number(session, report)
    settle_signed(session, written, user, report)
    note_agreement(session, study, report)
    move_study(session, study, "report-signed")
    _send_off(session, study, report)
    said = f"version {report.version} {report.digest}"
    audit.append(session, audit.entry("sign", f"study:{study.id}", detail=said, **who))
    for key, reason in reasons.items():
        audit.append(session, audit.entry("override", f"study:{study.id}", key, detail=reason, **who))
    reset_draft(session, study, user, ReportText(report.findings, report.impression, report.advice))
    release(session, study)
    return Signed(report.id, report.version)


def open_addendum(session: Session, scope: Scope, study_id: int, user: User) -> Study:
    """Open a signed study again: its draft becomes the last version's text. Raises NotYours, NotSignable."""
    study = locked_case(session, scope, study_id)
    if study.state == "reopened":
        return study
    if study.state not in ("signed", "delivered"):
        raise NotSignable("not-signed", f"a study that is {study.state} has no report to add to")
    need_right_to_sign(user, study)
    last = reports_of(session, study.id)[-1]
    reset_draft(session, study, user, ReportText(last.findings, last.impression, last.advice))
    move_study(session, study, "addendum-opened")
    who = {"actor": user.username, "role": user.role, "site": study.site.name}
    audit.append(session, audit.entry("addendum", f"study:{study.id}", "opened", **who))
    return study


def content_of(report: Report) -> dict[str, object]:
    """Return the content that a report's digest names; what older versions did not have only where it is."""
    author = {"author": report.author_name, "author_licence": report.author_licence}
    more = (author if report.author_name else {}) | ({"reasons": report.reasons} if report.reasons else {})
    return more | {
        "shown": report.shown_digest, "version": report.version, "kind": report.kind,
        "findings": report.findings, "impression": report.impression, "advice": report.advice,
        "addendum": report.addendum, "signer": report.signer_name, "licence": report.signer_licence,
        "signed_at": report.signed_at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "sr_uid": report.sr_uid, "pdf_uid": report.pdf_uid,
    }  # fmt: skip


def _part_digests(shown: Shown) -> dict[str, str]:
    content = asdict(shown)
    return {
        name: canonical_digest([content[field] for field in fields])[:PART_DIGITS]
        for name, fields in PARTS.items()
    }


def _signed_already(reports: tuple[Report, ...], wish: Wish) -> Signed | None:
    """A double click sends the same page's token and text twice."""
    digest = wish.token.partition(".")[0]
    for report in reports:
        text = ReportText(report.findings, report.impression, report.advice, report.addendum)
        if report.signer_id == wish.user_id and report.shown_digest == digest and text == wish.text:
            return Signed(report.id, report.version, again=True)
    return None


def _insert(session: Session, study: Study, user: User, wish: Wish, shown: Shown) -> Report:
    version = len(reports_of(session, study.id)) + 1
    instant = now()
    report = Report(
        study_id=study.id, site_id=study.site_id, version=version,
        kind="addendum" if version > 1 else "report", **asdict(wish.text),
        signer_id=user.id, signer_name=user.display_name, signer_licence=user.licence,
        signed_at=instant.replace(microsecond=instant.microsecond // 1000 * 1000),
        shown=asdict(shown), shown_digest=shown.digest(), suggestion=wish.suggestion,
        sr_uid=new_uid(), pdf_uid=new_uid(),
    )  # fmt: skip
    return report


def _number(session: Session, report: Report) -> None:
    """Name the whole content by its digest, and insert it."""
    report.digest = canonical_digest(content_of(report))
    session.add(report)
    session.flush()


def _beside(wish: Wish, written: WrittenReport | None) -> Beside:
    """What the first reader gave as reasons counts for the same text."""
    if written is None or written_text(written) != wish.text:
        return wish.beside
    return Beside({**written.reasons, **wish.beside.reasons}, wish.beside.lesions_mm)


def _add_author(report: Report, signer: User, written: WrittenReport | None) -> None:
    """Name the first reader where another doctor signs."""
    report.author_name = report.author_licence = ""
    if written is not None and written.writer_id != signer.id:
        writer = written.writer
        report.author_id, report.author_name = writer.id, writer.display_name
        report.author_licence = writer.licence


def _send_off(session: Session, study: Study, report: Report) -> None:
    """Write down where the report goes and that its objects are to be made."""
    node = return_node(study.site)
    ways = [("inbox", "inbox")] + ([("dicom", str(node))] if node else [])
    for channel, destination in ways:
        session.add(
            Delivery(
                report_id=report.id, study_id=study.id, site_id=study.site_id, channel=channel,
                destination=destination, state="queued", created_at=now(),
            )
        )  # fmt: skip
    write_errand(session, "issue-report", report.id)
