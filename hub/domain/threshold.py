"""A site's own thresholds: from which probability on a finding counts there, instead of the model's own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hub.domain.finding import Reading


@dataclass(frozen=True)
class SiteThreshold:
    """The threshold in effect at a site for one finding; `version` counts its changes there."""

    value: float
    version: int


def with_site_thresholds(reading: Reading, own: Mapping[str, SiteThreshold]) -> Reading:
    """Return the reading as it counts at a site; it says which of the site's thresholds were applied."""
    applied = {finding.code: own[finding.code] for finding in reading.findings if finding.code in own}
    if not applied:
        return reading
    findings = tuple(
        replace(
            finding, threshold=applied[finding.code].value,
            positive=finding.probability >= applied[finding.code].value,
        ) if finding.code in applied else finding
        for finding in reading.findings
    )  # fmt: skip
    versions = {code: threshold.version for code, threshold in applied.items()}
    return replace(reading, findings=findings, site_thresholds=versions)
