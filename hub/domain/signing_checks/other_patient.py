"""The name of another patient, as it stays when a text is copied."""

from collections.abc import Iterable

from hub.domain.signing_case import SigningCase

KEY = "other-patient"

SHORTEST_NAME = 2
SAID = ("患者", "姓名", "病人")


def concerns(case: SigningCase) -> Iterable[str]:
    """Look for the names of other patients; a short one only after a word that announces a name."""
    for name in sorted(case.other_names):
        plain = "".join(name.split())
        if len(plain) < SHORTEST_NAME or plain in case.patient_name or case.patient_name in plain:
            continue
        if _is_named(plain, case.words):
            yield f"报告写有另一位患者的姓名“{plain}”"


def _is_named(name: str, words: str) -> bool:
    if len(name) > SHORTEST_NAME:
        return name in words
    return any(f"{before}{mark}{name}" in words for before in SAID for mark in ("", ":", "：", " "))
