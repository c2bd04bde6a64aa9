"""Whether a hub's rows and files agree: for a restored backup, and for whoever wants to know."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import func, select

from dicom.scrub import is_whole
from hub.store import Store
from hub.store.tables import Instance, KeptAside, MadeObject, Study


@dataclass(frozen=True)
class Verdict:
    """What does not agree; `unindexed` files were never acknowledged and are no fault."""

    files: int = 0
    missing: int = 0
    altered: int = 0
    miscounted_studies: int = 0
    unindexed: int = 0

    @property
    def is_consistent(self) -> bool:
        """Tell whether every row has its file with its bytes, and every study its count."""
        return not (self.missing or self.altered or self.miscounted_studies)


def verify(store: Store) -> Verdict:
    """Compare every row with its file, and every study with its instances; nothing is changed."""
    with store.reading() as session:
        named = [
            tuple(row)
            for asked in (
                select(Instance.file_key, Instance.digest),
                select(KeptAside.file_key, KeptAside.digest).where(KeptAside.state != "same"),
            )
            for row in session.execute(asked)
        ]
        made = set(session.scalars(select(MadeObject.file_key)))
        counted = dict(
            session.execute(select(Instance.study_id, func.count()).group_by(Instance.study_id)).all()  # type: ignore[arg-type]
        )
        said = {row.id: row.instances for row in session.execute(select(Study.id, Study.instances))}
    held = set(store.vault.keys())
    seen = Counter(_state(store, key, digest, held) for key, digest in named)
    return Verdict(
        files=len(held),
        missing=seen["missing"] + len(made - held),
        altered=seen["altered"],
        miscounted_studies=sum(counted.get(study, 0) != number for study, number in said.items()),
        unindexed=len(held - made - {key for key, _ in named}),
    )


def _state(store: Store, key: str, digest: str, held: set[str]) -> str:
    if key not in held:
        return "missing"
    return "whole" if is_whole(store, key, digest) else "altered"
