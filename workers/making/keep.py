"""Keeping a made object: its bytes in the vault under a head of our own, its row for the commit."""

from typing import Any

from blake3 import blake3
from pydicom import Dataset

from dicom.part10 import data_set_place, part10_head, read_receipt
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


def keep_anew(store: Store, made: MadeObject, **told: Any) -> str:
    """Write a made object's bytes once more, under a receipt that tells what is `told` now; return the key.

    The file that was written first stays as it is.
    """
    path = store.vault.path(made.file_key)
    content = path.read_bytes()
    place = data_set_place(content)
    receipt = read_receipt(path) | told
    head = part10_head(made.sop_class_uid, made.sop_instance_uid, place.transfer_syntax, receipt)
    return store.vault.keep(head, content[place.offset :])
