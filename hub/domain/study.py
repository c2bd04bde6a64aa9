"""The states of a study, and the events that move it."""

from hub.domain.moves import Moves

STUDY_STATES = (
    "arriving", "ready", "drafted", "written", "signed", "delivered",
    "reopened", "quarantined", "rejected",
)  # fmt: skip

#: States before the first signature.
UNREPORTED = ("arriving", "ready", "drafted", "written")
#: States in which a reader may work on the report.
READABLE = ("ready", "drafted", "written", "reopened")
#: States that carry at least one signed report version.
REPORTED = ("signed", "delivered", "reopened")
#: States that the ordinary worklist shows.
LISTED = ("arriving", "ready", "drafted", "written", "signed", "delivered", "reopened")


def back_to(state: str) -> str:
    """Return the event that a rejection was taken back, and its study stands again where it stood."""
    return f"back-to-{state}"


STUDY_MOVES: Moves = {
    ("arriving", "instance-received"): "arriving",
    ("arriving", "arrival-settled"): "ready",
    ("ready", "instance-received"): "arriving",
    ("ready", "step-started"): "arriving",
    ("arriving", "step-started"): "arriving",
    ("drafted", "instance-received"): "drafted",
    ("written", "instance-received"): "drafted",
    ("signed", "instance-received"): "reopened",
    ("delivered", "instance-received"): "reopened",
    ("reopened", "instance-received"): "reopened",
    ("quarantined", "instance-received"): "quarantined",
    ("rejected", "instance-received"): "arriving",
    ("ready", "draft-saved"): "drafted",
    ("drafted", "draft-saved"): "drafted",
    ("written", "draft-saved"): "drafted",
    ("reopened", "draft-saved"): "reopened",
    ("ready", "report-written"): "written",
    ("drafted", "report-written"): "written",
    ("reopened", "report-written"): "reopened",
    ("written", "report-returned"): "drafted",
    ("reopened", "report-returned"): "reopened",
    ("ready", "report-signed"): "signed",
    ("drafted", "report-signed"): "signed",
    ("written", "report-signed"): "signed",
    ("reopened", "report-signed"): "signed",
    ("signed", "addendum-opened"): "reopened",
    ("delivered", "addendum-opened"): "reopened",
    ("signed", "report-delivered"): "delivered",
    ("delivered", "report-delivered"): "delivered",
    ("reopened", "report-delivered"): "reopened",
    **{(state, "identity-conflict"): "quarantined" for state in STUDY_STATES if state != "rejected"},
    ("quarantined", "quarantine-released"): "arriving",
    ("quarantined", "reported-released"): "reopened",
    **{(state, "study-rejected"): "rejected" for state in (*UNREPORTED, "quarantined")},
    **{(state, "study-rejected"): "reopened" for state in REPORTED},
    ("arriving", "images-rejected"): "arriving",
    ("ready", "images-rejected"): "ready",
    ("drafted", "images-rejected"): "drafted",
    ("written", "images-rejected"): "drafted",
    ("quarantined", "images-rejected"): "quarantined",
    **{(state, "images-rejected"): "reopened" for state in REPORTED},
    **{("rejected", back_to(state)): state for state in (*UNREPORTED, "quarantined")},
    **{("reopened", back_to(state)): state for state in ("quarantined", "signed")},
    ("arriving", "rejection-withdrawn"): "arriving",
    ("ready", "rejection-withdrawn"): "ready",
    ("drafted", "rejection-withdrawn"): "drafted",
    ("written", "rejection-withdrawn"): "drafted",
    ("quarantined", "rejection-withdrawn"): "quarantined",
    **{(state, "rejection-withdrawn"): "reopened" for state in REPORTED},
}

#: Words of a study's note that say why it is quarantined.
TORN = ("two-patients", "uid-at-two-sites", "after-correction")


def noted(note: str, word: str) -> str:
    """Return a study's note with one more word: none takes the place of another."""
    return note if word in note.split() else f"{note} {word}".strip()


def unnoted(note: str, *words: str) -> str:
    """Return a study's note without these words."""
    return " ".join(word for word in note.split() if word not in words)


def counted(note: str, word: str, count: int) -> str:
    """Return a study's note with a word that says how many there are; without it where there are none."""
    rest = unnoted(note, *(one for one in note.split() if one.partition(":")[0] == word))
    return noted(rest, f"{word}:{count}") if count else rest


#: Modalities that are pre-read the moment an instance is kept.
PRE_READ_AT_ONCE = ("CR", "DX", "ECG")

#: Seconds without a new instance after which a study counts as arrived, by modality.
QUIET_SECONDS = {"CR": 10, "DX": 10, "ECG": 10, "US": 60, "CT": 30, "MR": 30}
OTHER_QUIET_SECONDS = 30


def quiet_seconds(modality: str, factor: float = 1.0) -> float:
    """Return the quiet time for `modality`, stretched by the site's line `factor` (3 for 4G)."""
    return QUIET_SECONDS.get(modality, OTHER_QUIET_SECONDS) * factor
