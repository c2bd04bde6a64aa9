"""What is said of an ECG beside the network: remarks on its recording, alerts by rule, resolved sentences."""

from dataclasses import replace
from pathlib import Path

from ai_models.ecg_measure.measure import measure
from ai_models.ecg_quality.examine import technical
from ai_models.ecg_rules.facts import facts_of
from ai_models.ecg_rules.judge import judge
from ai_models.ecg_rules.pack import DEFAULT, BrokenPack, load_pack
from ai_models.ecg_statements.resolve import contradictions, resolved
from ai_models.findings.ecg_ptbxl.model import statement_groups
from hub.domain.finding import Measurement, Reading, without_p
from hub.domain.subject import EcgRecord

#: Remarks in whose presence ST of a limb or chest lead would be another lead's.
MISPLACED = ("swapped-", "reversed-", "leg-as-arm")


def with_ecg(reading: Reading, record: EcgRecord, pack: Path | None = None) -> Reading:
    """Return `reading` with remarks, measurements, alerts and statements of the recording.

    Rules are applied also where the network did not assess; what cannot be checked is said in `unchecked`.
    Never raises: a pre-read never blocks a reader.
    """
    try:
        remarks = technical(record)
        measurements = reading.measurements or measure(record)
        known = {one.name: one.value for one in measurements if one.value is not None}
        statements = resolved(reading.findings, statement_groups(), known) if reading.assessed else ()
        measurements = without_p(measurements, [one.code for one in statements])
        whole = replace(reading, remarks=remarks, measurements=measurements, statements=statements)
    except Exception as error:
        return replace(reading, unchecked=(("*", f"failed:error:{type(error).__name__}"),))
    return _judged(whole, record, measurements, pack or DEFAULT)


def _judged(
    reading: Reading, record: EcgRecord, measurements: tuple[Measurement, ...], path: Path
) -> Reading:
    positive = {finding.code for finding in reading.findings if finding.positive}
    try:
        alerts, unchecked = judge(load_pack(path), facts_of(record, measurements), positive)
    except BrokenPack:
        return replace(reading, unchecked=(("*", "rule-pack-unreadable"),))
    except Exception as error:
        return replace(reading, unchecked=(("*", f"failed:error:{type(error).__name__}"),))
    if any(remark.code.startswith(MISPLACED) for remark in reading.remarks):
        moved = tuple((one.code, "leads-misplaced") for one in alerts if one.leads)
        alerts, unchecked = tuple(one for one in alerts if not one.leads), (*unchecked, *moved)
    statements = reading.statements
    if alerts:  # what a rule raised is not normal, whatever the network holds
        statements = tuple(one for one in statements if one.code not in contradictions()["normal"])
    return replace(reading, alerts=alerts, unchecked=unchecked, statements=statements)
