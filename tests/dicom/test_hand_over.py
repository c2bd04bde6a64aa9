"""Associations that ask for more than storage are pynetdicom's, under the same rules."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pynetdicom import AE, build_context, build_role
from pynetdicom.association import Association
from sqlalchemy import func, select

from dicom import capped_socket
from dicom.associations import Associations
from hub.store import Store
from hub.store.tables import Errand, Instance
from tests.plugins.peers import CT, slice_of, wait_for

EXPLICIT = "1.2.840.10008.1.2.1"


@pytest.fixture
def handed(hub: Store, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Association]:
    """Give `handed()`: an association with a role selection, and make sure that pynetdicom serves it."""
    seen: list[object] = []
    opened = Associations.opened

    def remembered(self: Associations, association: object, caller: object) -> None:
        seen.append(association)
        opened(self, association, caller)  # type: ignore[arg-type]

    monkeypatch.setattr(Associations, "opened", remembered)

    def associate() -> Association:
        entity = AE("CLINIC1")
        entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 30
        association = entity.associate(
            *hub.settings.dicom_address, contexts=[build_context(CT, EXPLICIT)], ae_title="READHUB",
            ext_neg=[build_role(CT, scu_role=True, scp_role=True)],
        )  # fmt: skip
        assert association.is_established
        wait_for(lambda: bool(seen), "the association to be opened")
        assert isinstance(seen[-1], Association)
        return association

    return associate


def instances(store: Store) -> int:
    with store.reading() as session:
        return session.scalar(select(func.count()).select_from(Instance)) or 0


def test_it_stores_and_its_studies_settle(hub: Store, handed: Callable[[], Association]) -> None:
    association = handed()
    assert association.send_c_store(slice_of(1)).Status == 0x0000
    assert association.send_c_store(slice_of(1, WindowCenter="40")).Status == 0xB000
    association.release()
    assert instances(hub) == 1

    def settles() -> bool:
        with hub.reading() as session:
            (due,) = session.scalars(select(Errand.due_at).where(Errand.kind == "settle"))
            return due.timestamp() <= time.time()

    wait_for(settles, "the study to settle")


def test_a_message_longer_than_memory_allows_is_broken_off(
    hub: Store, handed: Callable[[], Association], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(capped_socket, "LARGEST_IN_MEMORY", 100_000)
    association = handed()
    small = slice_of(1)
    assert association.send_c_store(small).Status == 0x0000
    assert association.send_c_store(slice_of(2)).Status == 0x0000, "messages are not added up"
    large = slice_of(3, Rows=512, Columns=512, PixelData=bytes(512 * 512 * 2))
    answer = association.send_c_store(large)
    assert not answer or "Status" not in answer
    assert instances(hub) == 2
