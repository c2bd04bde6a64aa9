"""The numbers in a model's report: how certain a finding is, and every probability by name."""

from highdicom.sr import Measurement

from dicom.write.reading_codes import CERTAINTY_OF_FINDING, UNIT_INTERVAL, probability_code
from dicom.write.reading_context import Told, algorithm

#: A number in a data set has 16 characters (PS3.5 6.2, DS), and no model is more exact than this.
DECIMALS = 4


def certainty(told: Told, value: float) -> Measurement:
    """Return how certain the model is, from 0 to 1, of a finding that it holds to be present."""
    return Measurement(
        CERTAINTY_OF_FINDING, round(value, DECIMALS), UNIT_INTERVAL, algorithm_id=algorithm(told.reading)
    )


def scores(told: Told) -> list[Measurement]:
    """Return every finding's probability, under a name that does not call the finding present."""
    return [
        Measurement(
            probability_code(finding.code, finding.label_en),
            round(finding.probability, DECIMALS),
            UNIT_INTERVAL,
            algorithm_id=algorithm(told.reading),
        )
        for finding in told.reading.findings
    ]
