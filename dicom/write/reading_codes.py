"""Coded concepts of what a model says: findings, probabilities, ECG measurements and their units."""

import hashlib

from highdicom.sr import CodedConcept

from dicom.write.codes import HUB_SCHEME

CODE_LENGTH, MEANING_LENGTH = 16, 64  # PS3.5 6.2, SH and LO

CERTAINTY_OF_FINDING = CodedConcept("111012", "DCM", "Certainty of Finding")
UNIT_INTERVAL = CodedConcept("{0:1}", "UCUM", "range: 0:1")
#: Findings with a public code, by the model's own name for them.
FINDING_CODES = {
    "pneumonia": CodedConcept("233604007", "SCT", "Pneumonia"),
    "fracture": CodedConcept("125605004", "SCT", "Fracture of bone"),
}
#: ECG measurements (PS3.16 CID 3228 and 3229; LOINC for the rate), by the name of the measurement.
MEASUREMENT_CODES = {
    "heart_rate": CodedConcept("8867-4", "LN", "Heart rate"),
    "rr": CodedConcept("2:16168", "MDC", "RR interval global"),
    "p_duration": CodedConcept("2:16184", "MDC", "P duration global"),
    "pr": CodedConcept("2:15872", "MDC", "PR interval global"),
    "qrs": CodedConcept("2:16156", "MDC", "QRS duration global"),
    "qt": CodedConcept("2:16160", "MDC", "QT interval global"),
    "qtc_bazett": CodedConcept("2:15880", "MDC", "QTc global using Bazett formula"),
    "qtc_fridericia": CodedConcept("2:15892", "MDC", "QTc global using Fredericia formula"),
    "axis_p": CodedConcept("2:16128", "MDC", "P Axis"),
    "axis_qrs": CodedConcept("2:16132", "MDC", "QRS axis"),
    "axis_t": CodedConcept("2:16136", "MDC", "T axis"),
}
#: UCUM units by the words of hub.domain.finding.Measurement.
UNITS = {
    "bpm": CodedConcept("{H.B.}/min", "UCUM", "Heart beats per minute"),
    "ms": CodedConcept("ms", "UCUM", "millisecond"),
    "degrees": CodedConcept("deg", "UCUM", "Degree"),
}


def finding_code(code: str, meaning: str) -> CodedConcept:
    """Return the public code of a finding, else one of the hub's own with `meaning`."""
    return FINDING_CODES.get(code) or own_code(code, meaning)


def probability_code(code: str, meaning: str) -> CodedConcept:
    """Return the name of a number that is a finding's probability, whether it is present or not."""
    return own_code(f"p_{code}", f"Probability of {meaning}")


def own_code(value: str, meaning: str) -> CodedConcept:
    """Return a code of the hub's own scheme; a value too long for SH keeps its beginning and a digest."""
    if len(value) > CODE_LENGTH:
        digest = hashlib.sha256(value.encode()).hexdigest()[:6]
        value = f"{value[: CODE_LENGTH - 7]}_{digest}"
    return CodedConcept(value, HUB_SCHEME, (meaning or value)[:MEANING_LENGTH])
