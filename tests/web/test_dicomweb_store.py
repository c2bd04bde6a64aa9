"""STOW-RS: what is stored is kept as by DICOM, for the person's own site, each instance answered for."""

import io
from contextlib import ExitStack
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from sqlalchemy import select

from dicom.keep import Keeper
from dicom.part10 import content_digest
from dicom.shared_studies import SharedStudies, place_of
from hub.store import audit, embedded
from hub.store.tables import Errand, Instance, KeptAside, Study, UntakenInstance
from tests.plugins.peers import ROOT_UID, slice_of, wait_for

KIND = 'multipart/related; type="application/dicom"; boundary=xyz'


def file_of(dataset):
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    written = io.BytesIO()
    dataset.save_as(written, enforce_file_format=True)
    return written.getvalue()


def without(dataset, keyword):
    content = dcmread(io.BytesIO(file_of(dataset)))
    delattr(content, keyword)
    written = io.BytesIO()
    content.save_as(written, enforce_file_format=True)
    return written.getvalue()


def body(*files, boundary=b"xyz"):
    parts = [
        b"--" + boundary + b"\r\nContent-Type: application/dicom\r\n\r\n" + one + b"\r\n" for one in files
    ]
    return b"".join(parts) + b"--" + boundary + b"--\r\n"


def stow(browser, *files, path="/dicom-web/studies", kind=KIND):
    return browser.client.post(
        path, data=body(*files), headers={"Content-Type": kind, "X-CSRFToken": browser.token}
    )


def uids(answer, tag):
    return [item["00081155"]["Value"][0] for item in (answer.json.get(tag) or {"Value": []})["Value"]]


def test_a_township_stores_for_its_own_site_and_its_bytes_are_kept_as_they_are(browser, store, audited):
    clinic = browser("eastclinic")
    answer = stow(clinic, file_of(slice_of(1)), file_of(slice_of(2)))
    assert answer.status_code == 200 and answer.mimetype == "application/dicom+json"
    assert uids(answer, "00081199") == [f"{ROOT_UID}.3.1", f"{ROOT_UID}.3.2"]
    assert answer.json["00081199"]["Value"][0]["00081190"]["Value"][0].endswith(f"/instances/{ROOT_UID}.3.1")
    with store.reading() as session:
        (study,) = session.scalars(select(Study)).all()
        assert (study.site.name, study.state, study.instances) == ("east", "ready", 2)
        for row in session.scalars(select(Instance)):
            assert content_digest(store.vault.path(row.file_key)) == row.digest
        assert session.scalars(
            select(Errand).where(Errand.kind == "settle")
        ).one().due_at <= study.received_at.now(study.received_at.tzinfo)
    assert ("store", "stow", "ok") in audited("eastclinic")


def test_a_study_that_an_association_still_brings_is_not_ready_by_an_upload(browser, store):
    receiving = SharedStudies(place_of(store))
    receiving.hold("east", slice_of(1).StudyInstanceUID)
    assert stow(browser("eastclinic"), file_of(slice_of(1))).status_code == 200
    receiving.close()
    with store.reading() as session:
        assert session.scalars(select(Study.state)).one() == "arriving"


def test_a_compressed_file_is_kept_in_its_own_transfer_syntax(browser, store):
    content = Path(get_testdata_file("MR_small_jp2klossless.dcm")).read_bytes()
    assert stow(browser("eastclinic"), content).status_code == 200
    with store.reading() as session:
        row = session.scalars(select(Instance)).one()
    assert row.transfer_syntax == "1.2.840.10008.1.2.4.90"
    assert dcmread(store.vault.path(row.file_key)).PixelData == dcmread(io.BytesIO(content)).PixelData


def test_each_instance_is_answered_for_by_itself(browser, store):
    other = slice_of(1)
    other.PatientComments = "another content"
    clinic = browser("eastclinic")
    broken = b"\0" * 128 + b"DICM" + b"\2\0\0\0UL\4\0\0\0\0\0" + b"nonsense"
    answer = stow(clinic, file_of(slice_of(1)), file_of(other), b"no DICOM at all", broken)
    assert answer.status_code == 202
    assert uids(answer, "00081199") == [f"{ROOT_UID}.3.1"] * 2
    assert [one.get("00081196", {}).get("Value") for one in answer.json["00081199"]["Value"]] == [
        None,
        [0xB000],
    ]
    assert [one["00081197"]["Value"][0] for one in answer.json["0008119A"]["Value"]] == [0xC000, 0xC000]
    assert "00081198" not in answer.json
    with store.reading() as session:
        assert session.scalars(select(KeptAside)).one().reason == "content"


def test_what_is_larger_than_any_form_is_stored(browser, store):
    film = slice_of(1, Rows=2048, Columns=1024, PixelData=bytes(4 * 1024 * 1024))
    assert stow(browser("eastclinic"), file_of(film)).status_code == 200
    with store.reading() as session:
        assert session.scalars(select(Instance.size)).one() > 4 * 1024 * 1024


def test_a_study_of_which_something_could_not_be_taken_is_not_whole(browser, store, monkeypatch):
    small = slice_of(1, Rows=8, Columns=8, PixelData=bytes(128))
    monkeypatch.setitem(store.settings.__dict__, "maximum_message", 4_000)
    answer = stow(browser("eastclinic"), file_of(small), file_of(slice_of(2)))
    assert uids(answer, "00081198") == [f"{ROOT_UID}.3.2"]
    with store.reading() as session:
        assert session.scalars(select(Study.state)).one() == "arriving"
        assert session.scalars(select(UntakenInstance.sop_instance_uid)).one() == f"{ROOT_UID}.3.2"


def test_a_study_says_how_many_instances_could_not_be_understood(browser, store, li):
    spoiled = [without(slice_of(2), "SeriesInstanceUID"), without(slice_of(3), "SOPClassUID")]
    answer = stow(browser("eastclinic"), file_of(slice_of(1)), *spoiled)
    assert answer.status_code == 202
    assert uids(answer, "00081198") == [f"{ROOT_UID}.3.2", f"{ROOT_UID}.3.3"]
    with store.reading() as session:
        study = session.scalars(select(Study)).one()
    assert (study.state, study.note) == ("ready", "unreadable:2")
    assert "因无法识别而拒收的图像 2" in li.see("/worklist")


def test_a_body_that_ends_within_a_part_is_not_said_to_be_kept_whole(browser, store):
    clinic = browser("eastclinic")
    head = {"Content-Type": KIND, "X-CSRFToken": clinic.token}
    short = body(file_of(slice_of(1)), file_of(slice_of(2)))[:-2000]
    answer = clinic.client.post("/dicom-web/studies", data=short, headers=head)
    assert answer.status_code == 202 and uids(answer, "00081199") == [f"{ROOT_UID}.3.1"]
    assert len(answer.json["0008119A"]["Value"]) == 1
    with store.reading() as session:
        assert session.scalars(select(Study.state)).one() == "arriving"


@pytest.fixture
def locked_at_the_end(store, monkeypatch):
    """Give `locked_at_the_end()`: the database is locked as soon as everything of the next upload is kept."""
    lock = ExitStack()
    monkeypatch.setattr(embedded, "LOCK_SECONDS", 1)

    def on_the_last(keeper, *more):
        arrival, outcome = take(keeper, *more)
        if arrival.sop_instance_uid.endswith(".3.2"):
            audit.append(lock.enter_context(store.writing()), audit.entry("note", "the-lock"))
        return arrival, outcome

    take = Keeper.take
    monkeypatch.setattr(Keeper, "take", on_the_last)
    yield lock
    lock.close()


def test_what_was_kept_is_acknowledged_and_audited_though_the_database_is_locked_then(
    browser, store, audited, locked_at_the_end
):
    other = slice_of(2, StudyInstanceUID="1.2.3", PatientID="INVENTED-2")
    answer = stow(browser("eastclinic"), file_of(slice_of(1)), b"no DICOM at all", file_of(other))
    assert answer.status_code == 202
    assert uids(answer, "00081199") == [f"{ROOT_UID}.3.1", f"{ROOT_UID}.3.2"]
    stored = [row for row in audited("eastclinic") if row[0] == "store"]
    assert stored == [("store", f"study-uid:{ROOT_UID}.1", "ok"), ("store", "study-uid:1.2.3", "ok")]
    locked_at_the_end.close()
    wait_for(lambda: ("store", "stow", "ok") in audited("eastclinic"), "the row of the whole upload")


def test_what_could_not_be_taken_is_lacking_though_the_database_is_locked_then(
    browser, store, locked_at_the_end, monkeypatch
):
    monkeypatch.setitem(store.settings.__dict__, "maximum_message", 4_000)
    small = slice_of(2, Rows=8, Columns=8, PixelData=bytes(128))
    answer = stow(browser("eastclinic"), file_of(slice_of(1)), file_of(small))
    assert answer.status_code == 202 and uids(answer, "00081198") == [f"{ROOT_UID}.3.1"]
    locked_at_the_end.close()
    wait_for(lambda: untaken(store) == [f"{ROOT_UID}.3.1"], "the row of what lacks")
    with store.reading() as session:
        assert session.scalars(select(Study.state)).one() == "arriving"


def untaken(store):
    with store.reading() as session:
        return list(session.scalars(select(UntakenInstance.sop_instance_uid)))


def test_storing_again_adds_nothing(browser, store):
    clinic = browser("eastclinic")
    assert [stow(clinic, file_of(slice_of(1))).status_code for _ in range(2)] == [200, 200]
    with store.reading() as session:
        assert session.scalars(select(Study)).one().instances == 1


def test_another_sites_instance_is_refused_and_shows_nothing(browser, store):
    stow(browser("westclinic"), file_of(slice_of(1)))
    answer = stow(browser("eastclinic"), file_of(slice_of(1)))
    assert answer.status_code == 409
    assert [one["00081197"]["Value"][0] for one in answer.json["00081198"]["Value"]] == [0x0124]


def test_an_instance_of_another_study_than_the_address_says_is_refused(browser):
    clinic = browser("eastclinic")
    assert stow(clinic, file_of(slice_of(1)), path=f"/dicom-web/studies/{ROOT_UID}.1").status_code == 200
    assert stow(clinic, file_of(slice_of(2)), path="/dicom-web/studies/1.2.3").status_code == 409


def test_who_has_several_sites_names_one_and_a_reader_stores_nothing(boss, li):
    assert stow(boss, file_of(slice_of(1))).status_code == 422
    assert stow(boss, file_of(slice_of(1)), path="/dicom-web/studies?site=west").status_code == 200
    assert stow(li, file_of(slice_of(2))).status_code == 403


@pytest.mark.parametrize(
    ("kind", "content", "status"),
    [
        ("application/dicom", body(b"x"), 415), ("multipart/related", body(b"x"), 415),
        (KIND, b"", 400), (KIND, b"no boundary here", 409), (KIND, b"--xyz\r\n\r\n", 409),
        (KIND, b"--xyz--", 409),
    ],
)  # fmt: skip
def test_a_body_that_is_none_is_refused(browser, kind, content, status):
    clinic = browser("eastclinic")
    head = {"Content-Type": kind, "X-CSRFToken": clinic.token}
    assert clinic.client.post("/dicom-web/studies", data=content, headers=head).status_code == status


def test_without_the_token_of_the_session_nothing_is_stored(browser, store):
    clinic = browser("eastclinic")
    clinic.token = ""
    assert stow(clinic, file_of(slice_of(1))).status_code == 400
    with store.reading() as session:
        assert session.scalar(select(Study)) is None
