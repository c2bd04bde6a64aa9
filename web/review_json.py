"""The two levels as the reading page's script reads them: what waits, what came back, and what changed."""

from typing import Any

from flask_babel import gettext as _

from hub.domain.report import ReportText
from hub.domain.text_diff import report_diff
from hub.domain.two_levels import why_not_alone
from hub.store.cases import Case
from hub.store.drafts import text_of
from hub.store.tables import WrittenReport
from hub.store.written import written_text
from web.access import Person
from web.case_json import instant
from web.words import CHECKS, refusal_words


def review_json(case: Case, last: WrittenReport | None, who: Person) -> dict[str, Any]:
    """Return who wrote, what a reviewer said, and how the texts differ."""
    waiting = last if last is not None and last.outcome == "waiting" else None
    returned = last if last is not None and last.outcome == "returned" else None
    why = why_not_alone(who.id, waiting.writer_id if waiting else None, case.study.site.one_doctor)
    return {
        "waiting": _waiting(waiting, who) if waiting else None,
        "returned": _returned(returned) if returned else None,
        "mustHandOver": bool(why) or not who.signs,
        "whyHandOver": refusal_words(why or "low-title") if why or not who.signs else "",
        "changes": [one for one in _changes(case, last) if one["parts"]],
    }


def held_back(review: dict[str, Any], who: Person) -> dict[str, Any]:
    """Return what the rights become where a report waits for somebody else's review."""
    waiting = review["waiting"]
    if waiting is None or waiting["mine"] or who.signs:
        return {}
    return {"write": False, "handOver": False, "why": refusal_words("waits")}


def _waiting(row: WrittenReport, who: Person) -> dict[str, Any]:
    reasons = [{"title": str(CHECKS.get(key, key)), "reason": said} for key, said in row.reasons.items()]
    return {
        "by": row.writer.display_name, "mine": row.writer_id == who.id, "at": instant(row.written_at),
        "reasons": reasons,
    }  # fmt: skip


def _returned(row: WrittenReport) -> dict[str, Any]:
    by = row.reviewer.display_name if row.reviewer else ""
    return {"by": by, "at": instant(row.reviewed_at), "reason": row.reason}


def _changes(case: Case, last: WrittenReport | None) -> list[dict[str, Any]]:
    """Compare the suggestion, the first reading, and the draft or the signed text, each with the next."""
    report = case.reports[-1] if case.reports and case.study.state in ("signed", "delivered") else None
    now = text_of(case.draft) if case.draft and not report else None
    if report is not None:
        now = ReportText(report.findings, report.impression, report.advice, report.addendum)
    written = written_text(last) if last is not None and last.outcome != "withdrawn" else None
    steps = [
        (_("AI 建议"), _suggested(case)),
        (_("初稿"), written),
        (_("签发") if report else _("现稿"), now),
    ]
    known = [(name, text) for name, text in steps if text is not None]
    return [_change(one, other) for one, other in zip(known, known[1:], strict=False)]


def _suggested(case: Case) -> ReportText | None:
    """Return what the models suggested when the report was signed; nothing before: it stands beside."""
    kept = case.reports[-1].suggestion if case.reports else None
    if not kept:
        return None
    return ReportText(kept.get("findings", ""), kept.get("impression", ""), kept.get("advice", ""))


def _change(one: tuple[str, ReportText], other: tuple[str, ReportText]) -> dict[str, Any]:
    parts = report_diff(one[1], other[1])
    return {"from": one[0], "to": other[0], "parts": {name: list(pieces) for name, pieces in parts.items()}}
