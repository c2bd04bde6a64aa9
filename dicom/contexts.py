"""The presentation contexts this hub takes, and those it proposes."""

from collections.abc import Iterable, Iterator

from pynetdicom import (
    ALL_TRANSFER_SYNTAXES,
    AllStoragePresentationContexts,
    StoragePresentationContexts,
    build_context,
)
from pynetdicom.presentation import PresentationContext
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
    Verification,
)

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
IMPLICIT_LITTLE = "1.2.840.10008.1.2"
#: Where a sender offers several in one context the first of ours is taken: as received keeps most when the
#: VRs are written, and nothing is asked to be compressed that was not.
TRANSFER_SYNTAXES = [EXPLICIT_LITTLE, *(uid for uid in ALL_TRANSFER_SYNTAXES if uid != EXPLICIT_LITTLE)]

VERIFICATION = str(Verification)
STUDY_ROOT_FIND = str(StudyRootQueryRetrieveInformationModelFind)
#: A context's id is an odd number up to 255 (PS3.8 table 9-13), so one association proposes no more.
MOST_PROPOSED = 128


def storage_classes() -> list[str]:
    """Return every storage SOP class the hub keeps, the retired ones of old devices included.

    Neither of pynetdicom's lists holds the other, so it is their union.
    """
    both = [*StoragePresentationContexts, *AllStoragePresentationContexts]
    return sorted({str(context.abstract_syntax) for context in both})


#: What the hub's own loop serves.
STORAGE_AND_VERIFICATION = frozenset({VERIFICATION, *storage_classes()})


def accepted_contexts() -> list[PresentationContext]:
    """Return what the storage SCP accepts: C-ECHO and every storage class, each in every transfer syntax.

    Who retrieves by C-GET may turn the roles round and be the SCP of a class (PS3.7 D.3.3.4).
    """
    storage = [build_context(uid, TRANSFER_SYNTAXES) for uid in storage_classes()]
    for context in storage:
        context.scu_role = context.scp_role = True
    return [verification(), *storage]


def verification() -> PresentationContext:
    """Return the context of C-ECHO."""
    return build_context(VERIFICATION, [EXPLICIT_LITTLE, IMPLICIT_LITTLE])


def proposals(kinds: Iterable[tuple[str, str]]) -> Iterator[PresentationContext]:
    """Yield a context for each (SOP class, transfer syntax) of the objects to send, as they are stored.

    Each class is also proposed uncompressed, for a peer that takes nothing else.
    """
    wanted = dict.fromkeys(kinds)
    for sop_class, transfer_syntax in wanted:
        yield build_context(sop_class, transfer_syntax)
    for sop_class in dict.fromkeys(sop_class for sop_class, _ in wanted):
        for plain in (EXPLICIT_LITTLE, IMPLICIT_LITTLE):
            if (sop_class, plain) not in wanted:
                yield build_context(sop_class, plain)
