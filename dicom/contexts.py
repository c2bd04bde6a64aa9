"""The presentation contexts this hub takes, and those it proposes."""

from collections.abc import Iterable, Iterator

from pydicom.uid import UID
from pynetdicom import (
    ALL_TRANSFER_SYNTAXES,
    AllStoragePresentationContexts,
    StoragePresentationContexts,
    build_context,
)
from pynetdicom.presentation import PresentationContext
from pynetdicom.service_class import StorageServiceClass
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
    Verification,
    register_uid,
    uid_to_service_class,
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


class SharedContexts(list[PresentationContext]):
    """Contexts that nobody changes: pynetdicom's copy for each association would take 100 ms."""

    def __deepcopy__(self, memo: object) -> "SharedContexts":
        return self


def storage_classes() -> list[str]:
    """Return every storage SOP class the hub keeps, the retired ones of old devices included.

    Neither of pynetdicom's lists holds the other, so it is their union.
    """
    both = [*StoragePresentationContexts, *AllStoragePresentationContexts]
    return sorted({str(context.abstract_syntax) for context in both})


def accepted_contexts() -> SharedContexts:
    """Return what the storage SCP accepts: C-ECHO and every storage class, each in every transfer syntax."""
    _serve_retired_classes()
    storage = [build_context(uid, TRANSFER_SYNTAXES) for uid in storage_classes()]
    return SharedContexts([verification(), *storage])


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


def _serve_retired_classes() -> None:
    """Tell pynetdicom that the retired classes are storage; it would abort at their first C-STORE."""
    for uid in storage_classes():
        if uid_to_service_class(UID(uid)) is not StorageServiceClass:
            register_uid(UID(uid), f"Storage_{uid.replace('.', '_')}", StorageServiceClass)
