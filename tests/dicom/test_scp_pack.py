"""The whole pack of real and broken objects, sent by DCMTK: every file is accounted for."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from benchmarks.pack_identity import headers, of_several_patients
from benchmarks.pack_table import Table, send_pack
from dicom.part10 import content_digest
from hub.domain.study import LISTED
from hub.settings import Settings
from hub.store import Store, open_store
from hub.store.tables import AuditRow, Instance, KeptAside, Study
from tests.plugins.ports import free_port

FILES = 408


@pytest.fixture(scope="module")
def sent(
    tmp_path_factory: pytest.TempPathFactory, shared_dir: Path, program: Callable[[str], str]
) -> tuple[Table, Store]:
    """The pack sent once, for every test of this module."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("pack"), dicom=f"127.0.0.1:{free_port()}")
    table = send_pack(shared_dir / "data" / "dicom", settings, program("dcmsend"))
    return table, open_store(settings)


def rows(store: Store, table: type) -> list:
    with store.reading() as session:
        return list(session.scalars(select(table)))


def test_the_table_adds_up_to_every_file_and_no_process_restarted(sent: tuple[Table, Store]) -> None:
    table, _ = sent
    assert table.files == sum(number for _, number in table.rows()) == FILES, str(table)
    assert all(number >= 0 for _, number in table.rows()), str(table)
    assert not table.restarted


def test_every_warning_is_a_conflict_kept_aside_and_every_refusal_is_audited(
    sent: tuple[Table, Store],
) -> None:
    table, store = sent
    assert table.answers["0xb000"] == table.aside_content > 0
    refused = Counter(
        row.detail.split()[0].lower() for row in rows(store, AuditRow) if row.outcome == "refused"
    )  # fmt: skip
    assert refused == {status: n for status, n in table.answers.items() if status not in ("0x0000", "0xb000")}


def test_nothing_was_refused_for_want_of_room_or_by_a_fault_of_ours(sent: tuple[Table, Store]) -> None:
    table, _ = sent
    assert set(table.answers) <= {"0x0000", "0xb000", "0xa900", "0xc000"}


def test_what_is_held_is_whole_and_held_once(sent: tuple[Table, Store]) -> None:
    table, store = sent
    held = [*rows(store, Instance), *rows(store, KeptAside)]
    assert len(held) == len(list(store.vault.keys()))
    assert all(content_digest(store.vault.path(row.file_key)) == row.digest for row in held)


def test_studies_of_several_patients_are_quarantined_and_every_other_is_listed_once(
    sent: tuple[Table, Store], shared_dir: Path
) -> None:
    _, store = sent
    studies = rows(store, Study)
    torn = {study.study_instance_uid for study in studies if study.state == "quarantined"}
    assert torn == {"1.2.3.4.5.99999.1", "1.3.6.1.4.1.34261.90254037371867.41912.1553085024.2"}
    said, _ = headers(shared_dir / "data" / "dicom")
    assert set(of_several_patients(said)) - torn == {""}, "only what names no study may be missing"
    listed = Counter(study.study_instance_uid for study in studies if study.state in LISTED)
    assert listed and set(listed.values()) == {1} and not torn & set(listed)


def test_an_unregistered_sender_gets_nothing_in(
    hub: Store, shared_dir: Path, dcmtk: Callable[..., object]
) -> None:
    said = dcmtk(
        "dcmsend", hub.settings, shared_dir / "data" / "dicom" / "image_ct", "+sd", calling="STRANGER"
    )
    assert "DUL Association Rejected" in said.stdout  # type: ignore[attr-defined]
    assert not list(hub.vault.keys())
