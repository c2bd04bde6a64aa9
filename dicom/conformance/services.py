"""What the hub does as SCP and as SCU: service classes, roles, presentation contexts, answers."""

from collections.abc import Iterator
from typing import Any, cast

from pydicom.uid import UID
from pynetdicom.presentation import PresentationContext

from dicom import status
from dicom.availability import NOTIFICATION
from dicom.commitment import PUSH_MODEL
from dicom.conformance.markdown import section, table
from dicom.contexts import (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    STUDY_ROOT_FIND,
    TRANSFER_SYNTAXES,
    VERIFICATION,
    accepted_contexts,
)
from dicom.services import service_contexts
from dicom.services.query import MODELS
from dicom.services.retrieve import GET_MODELS, MOVE_MODELS
from dicom.status import Rejection

PLAIN = [EXPLICIT_LITTLE, IMPLICIT_LITTLE]
#: What the hub asks others for beside storage, and what for.
ASKED = {
    STUDY_ROOT_FIND: "whether a report is at its destination, where that offers no commitment",
    PUSH_MODEL: "commitment to reports that were sent",
    NOTIFICATION: "telling a device that a study has become whole",
}


def overview() -> str:
    """Return the table of services and roles."""
    rows = [(*_named(context), "yes", _turned(context)) for context in (*_no_storage(), *service_contexts())]
    rows.append(("Storage", f"{len(storage())} SOP classes, listed at the end", "yes", "yes"))
    rows += [(*_uid(uid), "", f"yes: {why}") for uid, why in ASKED.items() if uid != PUSH_MODEL]
    return section("Services", table(("service", "SOP class UID", "SCP", "SCU"), rows))


def contexts() -> str:
    """Return the presentation contexts of every service as they are accepted."""
    rows = [(*_named(one), _syntaxes(one), _roles(one)) for one in (*_no_storage(), *service_contexts())]
    rows.append(("every storage class", "see the last section", "every one of the next table", "SCU, SCP"))
    rows += [(*_uid(uid), _list(PLAIN), "SCU (proposed)") for uid in ASKED]
    rows.append(
        ("storage classes of what is sent", "", "as stored, and both little endian ones", "SCU (proposed)")
    )
    said = (
        "Where a context offers several transfer syntaxes the first of the following order is taken, and "
        "the data "
        "set is kept in it byte for byte. Roles may be selected where two are named (PS3.7 D.3.3.4)."
    )
    order = table(
        ("transfer syntax", "UID"), ((UID(syntax).name, f"`{syntax}`") for syntax in TRANSFER_SYNTAXES)
    )
    head = ("service", "SOP class UID", "transfer syntaxes", "roles")
    return section("Presentation contexts", table(head, rows), said, order)


def levels() -> str:
    """Return the levels of the query/retrieve models."""
    models = {**MODELS, **MOVE_MODELS, **GET_MODELS}
    rows = [(*_uid(uid), ", ".join(names)) for uid, names in models.items()]
    return section(
        "Query/retrieve models",
        table(("model", "SOP class UID", "levels"), rows),
        "Hierarchical only: no relational queries, no extended negotiation, no date and time as one range.",
    )


def answers() -> str:
    """Return the statuses and rejections that the hub gives and reads."""
    found = [(name, value) for name, value in vars(status).items() if name.isupper()]
    codes = [(f"0x{code:04X}", name.lower().replace("_", " ")) for name, code in _codes(found)]
    rejections = [
        (value.result, value.source, value.reason, value.sentence)
        for _, value in found
        if isinstance(value, Rejection)
    ]
    return section(
        "Statuses and rejections",
        "C-STORE answers 0x0000 only when the data set is on the disk under its final name and in the index; "
        "0xB000 tells that another content is already kept under the SOP Instance UID.",
        table(("status", "meaning"), sorted(set(codes))),
        table(("result", "source", "reason", "an association is rejected: why"), rejections),
    )


def storage_classes() -> str:
    """Return every storage SOP class, as SCP and as SCU."""
    rows = [(UID(str(one.abstract_syntax)).name, f"`{one.abstract_syntax}`") for one in storage()]
    return section("Storage SOP classes", table(("SOP class", "UID"), sorted(rows)))


def storage() -> list[PresentationContext]:
    """Return the contexts of the storage service."""
    return [one for one in accepted_contexts() if one.abstract_syntax != VERIFICATION]


def _no_storage() -> list[PresentationContext]:
    return [one for one in accepted_contexts() if one.abstract_syntax == VERIFICATION]


def _codes(found: list[tuple[str, Any]]) -> Iterator[tuple[str, int]]:
    for name, value in found:
        if isinstance(value, int) and not name.startswith("FAULT"):
            yield name, value
        if name == "PENDING":
            yield name, cast(tuple[int, int], value)[0]


def _named(context: PresentationContext) -> tuple[str, str]:
    return _uid(str(context.abstract_syntax))


def _uid(uid: str) -> tuple[str, str]:
    return UID(uid).name, f"`{uid}`"


def _syntaxes(context: PresentationContext) -> str:
    return _list([str(syntax) for syntax in context.transfer_syntax])


def _list(syntaxes: list[str]) -> str:
    return ", ".join(UID(syntax).name for syntax in syntaxes)


def _roles(context: PresentationContext) -> str:
    return "SCU, SCP" if context.scu_role else "SCP"


def _turned(context: PresentationContext) -> str:
    return ASKED.get(str(context.abstract_syntax), "").join(("yes: ", "")) if context.scu_role else ""
