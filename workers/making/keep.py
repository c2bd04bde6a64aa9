"""Keeping a made object: its bytes in the vault under a head of our own, its row for the commit."""

from typing import Any

from blake3 import blake3
from pydicom import Dataset

from dicom.part10 import part10_head
from dicom.write.frame import data_set_bytes
from hub.store import Store
from hub.store.tables import MadeObject


def keep_made(store: Store, dataset: Dataset, kind: str, study_id: int, **told: Any) -> MadeObject:
    """Write `dataset` durably and return its row, not yet in the database.

    The receipt says that the hub made it, so that a rebuilt index does not take it for something received,
    and whatever is `told` beside it, from which lost rows are brought back.
    """
    body = data_set_bytes(dataset)
    syntax = str(dataset.file_meta.TransferSyntaxUID)
    receipt = {"made": kind, "calling_ae": store.settings.ae_title, **told}
    head = part10_head(str(dataset.SOPClassUID), str(dataset.SOPInstanceUID), syntax, receipt)
    return MadeObject(
        study_id=study_id, kind=kind, sop_class_uid=str(dataset.SOPClassUID),
        sop_instance_uid=str(dataset.SOPInstanceUID),
        series_instance_uid=str(dataset.SeriesInstanceUID),
        file_key=store.vault.keep(head, body), digest=blake3(body).hexdigest(),
    )  # fmt: skip
