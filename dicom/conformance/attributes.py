"""Which attributes are matched and returned, what the worklist tells, and in which characters."""

from pydicom.datadict import dictionary_VR, tag_for_keyword

from dicom.charset import CODECS
from dicom.conformance.markdown import section, table
from dicom.services.modality_worklist import STEPS, item_of
from dicom.services.performed_step import LISTS
from hub.domain.matching import NUMBER_VRS, RANGE_VRS, WILDCARD_VRS
from hub.domain.order import STEP_STATES
from hub.domain.peers import CHARACTER_SETS
from hub.domain.rejection import REASONS
from hub.store.query import ATTRIBUTES, COUNTS, GATHERED
from hub.store.tables import ExamOrder, Site


def query() -> str:
    """Return the keys of C-FIND in the query/retrieve models."""
    rows = [(name, _tag(name), one.level, matching(one.vr)) for name, one in ATTRIBUTES.items()]
    rows += [(name, _tag(name), "STUDY", "single value") for name in GATHERED]
    rows += [(name, _tag(name), level, "returned") for name, (level, *_) in COUNTS.items()]
    return section(
        "Keys of C-FIND",
        "A key is matched and returned at its own level and below. Names are matched without regard to "
        "case in "
        "each of their groups. A key that is in no row is returned empty, with status 0xFF01.",
        table(("attribute", "tag", "level", "matching"), rows),
    )


def worklist() -> str:
    """Return the attributes of a modality worklist item."""
    columns = {column.key: "" for column in ExamOrder.__table__.columns if column.key != "site_id"}
    item = item_of(ExamOrder(**columns, site=Site(label="")), "")
    (step,) = item.pop(STEPS)
    rows = [(name, _tag(name)) for name in sorted(item)]
    rows += [(f"{STEPS} > {name}", _tag(name)) for name in sorted(step)]
    return section(
        "Modality worklist",
        "An item is an order of the calling site that nobody has begun. Every attribute below is matched and "
        "returned; keys within the sequence match within one item.",
        table(("attribute", "tag"), rows),
    )


def steps() -> str:
    """Return what is understood of a modality performed procedure step."""
    return section(
        "Performed procedure steps",
        f"PerformedProcedureStepStatus: {', '.join(STEP_STATES)}. N-CREATE needs StudyInstanceUID in "
        f"ScheduledStepAttributesSequence. The instances in {' and '.join(LISTS)} of "
        f"PerformedSeriesSequence are "
        "what the study has when it is whole. A step that is over cannot be set again (0x0110).",
    )


def rejections() -> str:
    """Return how rejections are told."""
    rows = [("/".join(code[:2]), code[2], reason) for reason, code in REASONS.items()]
    return section(
        "Imaging object change management (IHE IOCM)",
        "The hub is the change requester: it writes a Key Object Selection (TID 2010) for what a person "
        "rejected "
        "and sends it to the site's return node by C-STORE. It acts on no rejection note that it "
        "receives: such a "
        "note is kept as an object like any other. IOCM has no note that takes a rejection back: one that a "
        "person takes back is sent to nobody any more, and a peer that has the note already is told nothing.",
        table(("code", "title of the key object", "reason"), rows),
    )


def character_sets() -> str:
    """Return the character sets that are read and written."""
    return section(
        "Character sets",
        f"Written: {', '.join(CHARACTER_SETS)}, by device; `{CHARACTER_SETS[0]}` unless the device has "
        f"another. "
        "Read: the following terms, in any spelling of their letters and digits, with code extensions "
        "(ISO 2022); "
        "GB18030 and UTF-8 also under a wrong declaration, shown with a question mark until a person "
        "confirms it. "
        "Stored bytes are never changed.",
        table(("term (letters and digits)", "read as"), sorted(CODECS.items())),
    )


def matching(vr: str) -> str:
    """Return how keys of a value representation match (PS3.4 C.2.2.2)."""
    if vr in WILDCARD_VRS:
        return "single value, wildcard"
    if vr in RANGE_VRS:
        return "single value, range"
    return "number" if vr in NUMBER_VRS else "single value, list of UIDs"


def _tag(keyword: str) -> str:
    tag = tag_for_keyword(keyword)
    assert tag is not None
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X}) {dictionary_VR(tag)}"
