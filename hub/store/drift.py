"""Scores and inputs of the models' readings, by site and week."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Float, select
from sqlalchemy.orm import Session

from hub.domain.drift import Week, weeks_of
from hub.store.engine import now
from hub.store.tables import PreRead, Site, Study

WEEKS = 16
#: What is looked at for each model, by where it stands in a reading.
MEASURES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "chest_pneumonia": (
        ("scores", "pneumonia"), ("inputs", "brightness"), ("inputs", "contrast"), ("inputs", "long_side"),
    ),
    "bone_fracture": (
        ("scores", "fracture"), ("inputs", "brightness"), ("inputs", "contrast"), ("inputs", "long_side"),
    ),
    "ecg_ptbxl": (("scores", "super_NORM"), ("scores", "rhythm_AFIB"), ("inputs", "amplitude")),
}  # fmt: skip


@dataclass(frozen=True)
class Series:
    """One measure of one model at one site, week by week."""

    model: str
    part: str
    measure: str
    weeks: list[Week]


def drift_of(session: Session, site: Site) -> list[Series]:
    """Return every measure of the site's readings of the last WEEKS weeks; models without any are absent."""
    return [series for model in MEASURES for series in _of_model(session, site, model)]


def _of_model(session: Session, site: Site, model: str) -> Iterator[Series]:
    columns = [PreRead.reading[part][measure].as_float() for part, measure in MEASURES[model]]
    rows: list[Any] = list(
        session.execute(
            select(PreRead.made_at, *(column.cast(Float) for column in columns))
            .join(Study, Study.id == PreRead.study_id)
            .where(
                Study.site_id == site.id, PreRead.model == model, PreRead.assessed,
                PreRead.made_at > now() - timedelta(weeks=WEEKS),
            )
            .order_by(PreRead.made_at)
        )
    )  # fmt: skip
    if not rows:
        return
    for number, (part, measure) in enumerate(MEASURES[model], start=1):
        by_week: dict[str, list[float]] = {}
        for row in rows:
            if row[number] is not None:
                by_week.setdefault(f"{row[0]:%G-W%V}", []).append(row[number])
        if by_week:
            yield Series(model, part, measure, weeks_of(list(by_week.items())))
