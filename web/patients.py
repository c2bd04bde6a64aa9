"""A patient in words: age at the examination, sex, and a name that may be a guess."""

from datetime import date

from flask_babel import gettext as _

from hub.store.tables import Patient, Study
from web.words import SEXES

DAYS_IN_MONTH, DAYS_IN_YEAR = 30.44, 365.2425
#: Below this many years the age is said in months, below that many months in days (PS3.5 6.2, AS).
YEARS_FROM, MONTHS_FROM = 3, 2


def years_old(study: Study) -> str:
    """Return the patient's age on the day of the study, empty when the dates do not say."""
    born = _day(study.patient.birth_date)
    then = _day(study.study_date) or study.received_at.date()
    if born is None or born > then:
        return ""
    days = (then - born).days
    if days >= YEARS_FROM * DAYS_IN_YEAR:
        return _("%(n)d岁", n=_full_years(born, then))
    if days >= MONTHS_FROM * DAYS_IN_MONTH:
        return _("%(n)d个月", n=int(days / DAYS_IN_MONTH))
    return _("%(n)d天", n=days)


def sex_words(patient: Patient) -> str:
    """Return the patient's sex in words; a value that is none of the standard's is shown as it is."""
    return str(SEXES.get(patient.sex, patient.sex))


def is_guessed(patient: Patient) -> bool:
    """Tell whether the name is a guess that nobody has confirmed."""
    return patient.name_guessed and patient.name_confirmed_by is None


def day_of(text: str) -> str:
    """Return a DICOM date as YYYY-MM-DD, or the text as it is when it is none."""
    found = _day(text)
    return found.isoformat() if found else text


def _day(text: str) -> date | None:
    digits = text.replace("-", "").replace(".", "")
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])) if len(digits) == 8 else None
    except ValueError:
        return None


def _full_years(born: date, then: date) -> int:
    return then.year - born.year - ((then.month, then.day) < (born.month, born.day))
