"""What is answered to a C-STORE, and what is kept of it: new, again, changed, from elsewhere, unreadable."""

import subprocess
import threading
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from blake3 import blake3
from pynetdicom import AE, build_context
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE
from sqlalchemy import func, select

from dicom.part10 import content_digest, read_receipt
from dicom.send import send_files
from hub.store import Store
from hub.store.sites import ReturnNode
from hub.store.tables import AuditRow, Instance, KeptAside, Patient, Study
from tests.plugins.peers import CT, Run, content_of, slice_of, wait_for, written

EXPLICIT = "1.2.840.10008.1.2.1"
#: What is wrong here is wrong on purpose; pydicom need not say so.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


def us(store: Store) -> ReturnNode:
    return ReturnNode("READHUB", *store.settings.dicom_address)


def statuses(store: Store, *paths: Path, calling: str = "CLINIC1") -> list[int | None]:
    return [result.status for result in send_files(us(store), list(paths), calling)]


def rows(store: Store, table: type) -> list:
    with store.reading() as session:
        return list(session.scalars(select(table)))


def count(store: Store, table: type) -> int:
    with store.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def refusals(store: Store) -> list[str]:
    return [row.detail for row in rows(store, AuditRow) if (row.act, row.outcome) == ("store", "refused")]


def store_raw(store: Store, sop_instance: str, data: bytes, sop_class: str = CT) -> int | None:
    """Send a command and a data set that need not agree, as no sender library would; return the status."""
    entity = AE("CLINIC1")
    entity.dimse_timeout = entity.acse_timeout = 20
    association: Association = entity.associate(
        *store.settings.dicom_address, contexts=[build_context(CT, EXPLICIT)], ae_title="READHUB"
    )
    request = C_STORE()
    request.MessageID, request.Priority, request.DataSet = 1, 2, BytesIO(data)
    request.AffectedSOPClassUID = sop_class
    if sop_instance:
        request.AffectedSOPInstanceUID = sop_instance
    association._reactor_checkpoint.clear()
    while not association._is_paused:
        time.sleep(0.001)
    association.dimse.send_msg(request, 1)
    _, answer = association.dimse.get_msg(block=True)
    association._reactor_checkpoint.set()
    association.release()
    return answer.Status if answer else None


def encoded(dataset: pydicom.Dataset, folder: Path) -> bytes:
    return content_of(written(dataset, folder / "encoded.dcm"))


def test_what_storescu_sends_is_stored(hub: Store, dcmtk: Run, slices: Callable[..., list[Path]]) -> None:
    assert "(Success)" in dcmtk("storescu", hub.settings, *slices(2)).stdout
    wait_for(lambda: [study.state for study in rows(hub, Study)] == ["ready"], "the study to settle")
    (study,) = rows(hub, Study)
    assert (study.instances, study.site.name) == (2, "east")


def test_the_bytes_are_kept_exactly_as_they_came(hub: Store, slices: Callable[..., list[Path]]) -> None:
    (path,) = slices(1)
    assert statuses(hub, path) == [0x0000]
    (instance,) = rows(hub, Instance)
    kept = hub.vault.path(instance.file_key)
    assert content_of(kept) == content_of(path)
    assert instance.digest == content_digest(kept) == blake3(content_of(path)).hexdigest()
    assert instance.size == len(content_of(path))


def test_a_foreign_reader_accepts_the_kept_file(
    hub: Store, slices: Callable[..., list[Path]], verdict: Callable[..., str]
) -> None:
    statuses(hub, *slices(1))
    said = verdict("dcmdump", hub.vault.path(rows(hub, Instance)[0].file_key))
    assert "=CTImageStorage" in said and "READING_HUB" in said
    assert not [line for line in said.splitlines() if line.startswith(("E:", "W:", "F:"))]


def test_the_file_tells_what_the_data_set_does_not(hub: Store, slices: Callable[..., list[Path]]) -> None:
    statuses(hub, *slices(1))
    (instance,) = rows(hub, Instance)
    receipt = read_receipt(hub.vault.path(instance.file_key))
    assert receipt == {
        "site": "east", "calling_ae": "CLINIC1", "called_ae": "READHUB", "address": "127.0.0.1",
        "received_at": instance.received_at.isoformat(), "kept_aside": "", "digest": instance.digest,
    }  # fmt: skip


def test_sending_it_again_succeeds_and_adds_nothing(hub: Store, slices: Callable[..., list[Path]]) -> None:
    (path,) = slices(1)
    assert statuses(hub, path) == statuses(hub, path) == [0x0000]
    assert (count(hub, Instance), count(hub, KeptAside), len(list(hub.vault.keys()))) == (1, 0, 1)


def test_other_content_under_a_known_uid_is_a_warning_and_kept_aside(
    hub: Store, slices: Callable[..., list[Path]]
) -> None:
    (first,), (second,) = slices(1), slices(1, WindowCenter="40")
    assert statuses(hub, first, second) == [0x0000, 0xB000]
    (aside,), (instance,) = rows(hub, KeptAside), rows(hub, Instance)
    assert content_of(hub.vault.path(instance.file_key)) == content_of(first)
    assert content_of(hub.vault.path(aside.file_key)) == content_of(second)
    assert read_receipt(hub.vault.path(aside.file_key))["kept_aside"] == "content"


def test_another_transfer_syntax_is_success_and_kept_aside_to_be_compared(
    hub: Store, slices: Callable[..., list[Path]], program: Callable[[str], str], tmp_path: Path
) -> None:
    (path,) = slices(1)
    implicit = tmp_path / "implicit.dcm"
    subprocess.run([program("dcmconv"), "+ti", str(path), str(implicit)], check=True)
    assert statuses(hub, path, implicit) == [0x0000, 0x0000]
    (aside,) = rows(hub, KeptAside)
    assert (aside.reason, aside.state, aside.transfer_syntax) == ("syntax", "comparing", "1.2.840.10008.1.2")


def test_what_another_site_holds_is_refused_and_audited(
    hub: Store, slices: Callable[..., list[Path]]
) -> None:
    (path,) = slices(1)
    assert statuses(hub, path) == [0x0000]
    assert statuses(hub, path, calling="CLINIC2") == [0x0124]
    assert (count(hub, Instance), count(hub, Study)) == (1, 1)
    assert [row.site for row in rows(hub, AuditRow) if row.outcome == "refused"] == ["west"]


def test_mislabelled_gbk_survives_and_is_shown_as_a_guess(
    hub: Store, slices: Callable[..., list[Path]]
) -> None:
    (path,) = slices(1, PatientName="ZhangXXXX", SpecificCharacterSet="ISO_IR 100")
    path.write_bytes(path.read_bytes().replace(b"ZhangXXXX ", "张智宏".encode("gb18030") + b"    "))
    assert statuses(hub, path) == [0x0000]
    (patient,) = rows(hub, Patient)
    assert (patient.name, patient.name_guessed) == ("张智宏", True)
    assert content_of(hub.vault.path(rows(hub, Instance)[0].file_key)) == content_of(path)


def test_a_data_set_that_is_another_instance_than_its_command_is_refused(hub: Store, tmp_path: Path) -> None:
    assert store_raw(hub, "1.2.3", encoded(slice_of(1), tmp_path)) == 0xA900
    assert refusals(hub) == ["0xA900 the data set is another instance than the command says; calling CLINIC1"]


def test_a_data_set_of_another_class_than_its_command_is_refused(hub: Store, tmp_path: Path) -> None:
    film = slice_of(1, SOPClassUID="1.2.840.10008.5.1.4.1.1.1")
    assert store_raw(hub, film.SOPInstanceUID, encoded(film, tmp_path)) == 0xA900


@pytest.mark.parametrize("data", [b"\0" * 500, b"not a data set at all"])
def test_bytes_that_are_no_data_set_are_refused_as_unreadable(hub: Store, data: bytes) -> None:
    assert store_raw(hub, "1.2.3", data) == 0xC000
    assert len(refusals(hub)) == 1 and not list(hub.vault.keys())


@pytest.mark.parametrize(
    "uid", ["../x", "../../../../srv/x", "/etc/passwd", "1.2 .3", "1.2.abc", "1." + "2" * 70]
)  # fmt: skip
def test_a_uid_that_is_none_is_refused_and_makes_no_file(hub: Store, tmp_path: Path, uid: str) -> None:
    before = set(tmp_path.rglob("*"))
    assert store_raw(hub, uid, encoded(slice_of(1, SOPInstanceUID=uid), tmp_path / "sent")) == 0xC000
    made = {path for path in set(tmp_path.rglob("*")) - before if "sent" not in path.parts}
    assert {path.name for path in made} <= {"hub.sqlite3-wal", "hub.sqlite3-shm"}
    assert (count(hub, Instance), len(refusals(hub))) == (0, 1)


def test_a_uid_beyond_any_column_is_answered_and_the_association_goes_on(hub: Store, tmp_path: Path) -> None:
    uid = "1." + "2" * 600
    assert store_raw(hub, uid, encoded(slice_of(1, SOPInstanceUID=uid), tmp_path)) == 0xC000
    assert statuses(hub, written(slice_of(1), tmp_path / "good.dcm")) == [0x0000]


def test_a_command_without_a_uid_is_answered(hub: Store, tmp_path: Path) -> None:
    assert store_raw(hub, "", encoded(slice_of(1), tmp_path)) == 0xA900


def test_a_command_of_an_unheard_of_class_is_answered_with_a_status(hub: Store, tmp_path: Path) -> None:
    assert store_raw(hub, slice_of(1).SOPInstanceUID, encoded(slice_of(1), tmp_path), "31") == 0xA900


def test_concurrent_associations_do_not_mix(hub: Store, tmp_path: Path) -> None:
    """Four senders of two sites at once; every instance under its own site, each study whole."""

    def send(sender: int) -> None:
        root = f"1.2.826.0.1.3680043.8.498.{sender}"
        paths = [
            written(
                slice_of(n, SOPInstanceUID=f"{root}.{n}", StudyInstanceUID=root, PatientID=f"S{sender}"),
                tmp_path / f"{sender}" / f"{n}.dcm",
            )
            for n in range(1, 11)
        ]
        answers[sender] = statuses(hub, *paths, calling=f"CLINIC{1 + sender % 2}")

    answers: dict[int, list[int | None]] = {}
    senders = [threading.Thread(target=send, args=(sender,)) for sender in range(1, 5)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert answers == {sender: [0x0000] * 10 for sender in range(1, 5)}
    found = {study.patient.patient_id: (study.site.name, study.instances) for study in rows(hub, Study)}
    assert found == {"S1": ("west", 10), "S2": ("east", 10), "S3": ("west", 10), "S4": ("east", 10)}
