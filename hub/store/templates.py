"""Templates as they stand: what is shipped, overlaid by the newest version that somebody wrote."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.domain.report import ReportText
from hub.domain.templates import Template, fitting
from hub.errors import Changed, Refused
from hub.store.engine import now
from hub.store.shipped_templates import shipped_templates
from hub.store.tables import ReportTemplate, Study, User
from hub.store.unique import flush_or

LONGEST = {"slug": 64, "title": 64, "shortcut": 16, "findings": 4000, "impression": 2000, "advice": 1000}


@dataclass(frozen=True)
class TemplateVersion:
    """One version of a template, who wrote it and when; the shipped one has nobody."""

    template: Template
    by: str = ""
    at: datetime | None = None
    retired: bool = False


def templates_in_use(session: Session) -> tuple[Template, ...]:
    """Return every template that is offered."""
    return tuple(one.template for one in newest_templates(session) if not one.retired)


def templates_for(session: Session, study: Study) -> tuple[Template, ...]:
    """Return what is offered for `study`, what fits best first."""
    said = (study.body_part, study.description)
    return fitting(templates_in_use(session), study.modality, *said)


def newest_templates(session: Session) -> tuple[TemplateVersion, ...]:
    """Return the newest version of each template, the retired ones too."""
    latest = select(func.max(ReportTemplate.id)).group_by(ReportTemplate.slug)
    rows = session.scalars(select(ReportTemplate).where(ReportTemplate.id.in_(latest)))
    written = {row.slug: _version(row) for row in rows}
    shipped = [written.pop(one.slug, TemplateVersion(one)) for one in shipped_templates()]
    return (*shipped, *written.values())


def versions_of(session: Session, slug: str) -> tuple[TemplateVersion, ...]:
    """Return every version of a template, newest first; the shipped one last."""
    asked = select(ReportTemplate).where(ReportTemplate.slug == slug).order_by(ReportTemplate.version.desc())
    shipped = [TemplateVersion(one) for one in shipped_templates() if one.slug == slug]
    return (*(_version(row) for row in session.scalars(asked)), *shipped)


def save_template(session: Session, user: User, template: Template, retired: bool = False) -> Template:
    """Keep `template` as the version after its own. Raises Changed when there is a newer one, and Refused."""
    _check(template)
    known = versions_of(session, template.slug)
    base = known[0].template.version if known else 0
    if base != template.version:
        raise Changed(("template",))
    row = ReportTemplate(
        slug=template.slug, version=base + 1, kind=template.kind, title=template.title,
        shortcut=template.shortcut, modalities=list(template.modalities), words=list(template.words),
        findings=template.text.findings, impression=template.text.impression, advice=template.text.advice,
        retired=retired, user_id=user.id, at=now(),
    )  # fmt: skip
    session.add(row)
    flush_or(session, Changed(("template",)))
    return _template(row)


def _check(template: Template) -> None:
    said = {
        "slug": template.slug, "title": template.title, "shortcut": template.shortcut,
        "findings": template.text.findings, "impression": template.text.impression,
        "advice": template.text.advice,
    }  # fmt: skip
    if not template.title.strip() or not (template.text.findings or template.text.impression).strip():
        raise Refused("a template needs a title and a text")
    if any(len(said[name]) > most for name, most in LONGEST.items()):
        raise Refused("a part of the template is too long")


def _version(row: ReportTemplate) -> TemplateVersion:
    return TemplateVersion(_template(row), row.user.display_name, row.at, row.retired)


def _template(row: ReportTemplate) -> Template:
    return Template(
        row.slug, row.kind, row.title, ReportText(row.findings, row.impression, row.advice),
        tuple(row.modalities), tuple(row.words), row.shortcut, row.version,
    )  # fmt: skip
