"""What follows from a rejection: an IOCM key object at the site's PACS, and a copy under the right name."""

import shutil
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from dicom.admission import Caller
from dicom.keep import Keeper, Message
from dicom.load import load_dataset
from dicom.part10 import content_digest
from dicom.reindex import reindex
from dicom.send import send_files
from dicom.write.frame import data_set_bytes
from hub.domain.mark import KeyImage, Mark
from hub.domain.rejection import REASONS, Identity
from hub.domain.scope import HUB
from hub.settings import read_settings
from hub.store import errands, open_store, schema, sites, users
from hub.store.markings import Drawn, save_marks
from hub.store.moves import move_study
from hub.store.rejections import Wish, correct, reject
from hub.store.tables import AuditRow, Errand, Instance, MadeObject, Marking, Rejection, Study, User
from hub.store.withdrawals import Second, withdraw
from tests.dicom.conftest import faults, verdict
from workers.desk import Desk, run_errand
from workers.errands import errand_kinds

__all__ = ["faults", "verdict"]

CT = Path(get_testdata_file("CT_small.dcm"))

#: What objects of one study say alike of it and of its patient.
SHARED = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate",
    "StudyTime", "StudyID", "StudyDescription", "AccessionNumber", "ReferringPhysicianName",
)  # fmt: skip


@pytest.fixture
def kept(store):
    """A real CT slice and a second one of the same series, settled, and an account."""
    keeper, caller = Keeper(store), Caller("east", "EAST1", "READHUB", "127.0.0.1")
    for number in range(2):
        dataset = dcmread(CT)
        dataset.SOPInstanceUID = f"{dataset.SOPInstanceUID}.{number}"
        dataset.SpecificCharacterSet = "GB18030"
        dataset.StudyDescription, dataset.PatientName = "胸部平扫", "王^五"
        dataset.PatientBirthDate, dataset.StudyID = "19580102", "S7"
        dataset.ReferringPhysicianName = "LI^YI=李^医"
        names = (str(dataset.SOPClassUID), str(dataset.SOPInstanceUID))
        keeper.take(
            Message(*names, str(dataset.file_meta.TransferSyntaxUID)), data_set_bytes(dataset), caller
        )
    with store.writing() as session:
        users.add_user(session, "li", "reader", "a long enough password", display_name="李医生")
        study = session.query(Study).one()
        move_study(session, study, "arrival-settled")
        return study.id


def wish(session, reason="quality", *instances):
    return Wish(session.query(User).filter_by(username="li").one(), reason, "体位不正", instances)


def do(store, settings, kind):
    with store.writing() as session:
        errand = session.query(Errand).filter_by(kind=kind).one()
        errands.put_off(session, kind, errand.subject_id, 0)
        number = errand.id
    run_errand(Desk(settings), number, errand_kinds())


def note_of(store):
    with store.reading() as session:
        return load_dataset(store.vault.path(session.query(MadeObject).one().file_key))


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_the_key_object_says_why_and_dciodvfy_finds_no_error(store, settings, kept, faults, reason):
    with store.writing() as session:
        one = session.query(Instance).first()
        reject(session, HUB, kept, wish(session, reason, one.sop_instance_uid))
    for _ in range(2):
        do(store, settings, "write-rejection")
    note = note_of(store)
    assert faults(note) == []
    title = note.ConceptNameCodeSequence[0]
    assert (title.CodeValue, title.CodingSchemeDesignator, title.CodeMeaning) == REASONS[reason]
    (series,) = note.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    assert [item.ReferencedSOPInstanceUID for item in series.ReferencedSOPSequence] == [one.sop_instance_uid]
    said = {item.get("TextValue") or str(item.get("PersonName", "")) for item in note.ContentSequence}
    assert {"体位不正", "李医生"} <= said
    assert note.StudyInstanceUID == dcmread(CT).StudyInstanceUID


def reject_before(store, kept, node):
    """Reject a study whose site has its reports and notes sent to `node`."""
    with store.writing() as session:
        site = sites.site_named(session, "east")
        site.return_ae, site.return_host, site.return_port = node.ae_title, node.host, node.port
        reject(session, HUB, kept, wish(session))


def test_the_sites_pacs_is_told_by_the_same_object(store, settings, kept, storescp):
    with storescp() as (node, folder):
        reject_before(store, kept, node)
        for _ in range(2):
            do(store, settings, "write-rejection")
        (came,) = folder.iterdir()
        assert dcmread(came).SOPInstanceUID == note_of(store).SOPInstanceUID
    with store.reading() as session:
        assert session.query(AuditRow).filter_by(act="reject", outcome="told").count() == 2


def test_orthanc_takes_the_note_and_its_references_are_what_orthanc_holds(
    store, settings, kept, orthanc, faults
):
    with store.writing() as session:
        site = sites.site_named(session, "east")
        site.return_ae, site.return_host, site.return_port = ("ORTHANC", orthanc.node.host, orthanc.node.port)
        files = [store.vault.path(row.file_key) for row in session.query(Instance)]
        reject(session, HUB, kept, wish(session))
    send_files(orthanc.node, files, "READHUB")
    for _ in range(2):
        do(store, settings, "write-rejection")
    (study,) = orthanc.ask("GET", "/studies?expand")
    held = {}
    for one in orthanc.ask("GET", f"/studies/{study['ID']}/instances"):
        held[one["MainDicomTags"]["SOPInstanceUID"]] = dcmread(
            BytesIO(orthanc.ask("GET", f"/instances/{one['ID']}/file"))
        )
    assert len(held) == 3
    (note,) = (one for one in held.values() if one.Modality == "KO")
    assert faults(note) == []
    (evidence,) = note.CurrentRequestedProcedureEvidenceSequence
    named = {
        (
            evidence.StudyInstanceUID,
            part.SeriesInstanceUID,
            one.ReferencedSOPClassUID,
            one.ReferencedSOPInstanceUID,
        )
        for part in evidence.ReferencedSeriesSequence
        for one in part.ReferencedSOPSequence
    }
    images = [one for one in held.values() if one is not note]
    assert named == {
        (i.StudyInstanceUID, i.SeriesInstanceUID, i.SOPClassUID, i.SOPInstanceUID) for i in images
    }
    shown = [
        i.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        for i in note.ContentSequence
        if i.ValueType == "IMAGE"
    ]
    assert sorted(shown) == sorted(i.SOPInstanceUID for i in images)
    assert {keyword: note[keyword].value for keyword in SHARED} == {
        keyword: images[0][keyword].value for keyword in SHARED
    }


def test_corrected_copies_are_as_valid_as_their_originals_and_orthanc_takes_them(
    store, settings, kept, orthanc, faults
):
    with store.writing() as session:
        correct(session, HUB, kept, wish(session), Identity("P-RIGHT", "赵^六", "F", "19700203"))
    do(store, settings, "correct-identity")
    with store.reading() as session:
        old, new = session.query(Study).order_by(Study.id)
        files = [
            [store.vault.path(row.file_key) for row in session.query(Instance).filter_by(study_id=one.id)]
            for one in (old, new)
        ]
    for before, after in zip(*files, strict=True):
        original, copy = load_dataset(before), load_dataset(after)
        assert faults(copy) == faults(original)
        assert copy.SeriesInstanceUID != original.SeriesInstanceUID
        assert copy.FrameOfReferenceUID == original.FrameOfReferenceUID
    assert {one.outcome for one in send_files(orthanc.node, files[1], "READHUB")} == {"stored"}
    (patient,) = orthanc.ask("GET", "/patients?expand")
    said = {"PatientID": "P-RIGHT", "PatientName": "赵^六", "PatientSex": "F", "PatientBirthDate": "19700203"}
    assert patient["MainDicomTags"] == said


def test_a_corrected_study_is_a_new_one_and_the_original_stays_as_it_was(store, settings, kept):
    with store.reading() as session:
        before = {row.sop_instance_uid: row.digest for row in session.query(Instance)}
    with store.writing() as session:
        correct(session, HUB, kept, wish(session), Identity("P-RIGHT", "赵^六", "F", "19700203"))
    for _ in range(2):
        do(store, settings, "correct-identity")
    with store.reading() as session:
        old, new = session.query(Study).order_by(Study.id)
        assert (old.state, old.note) == ("rejected", "study-rejected")
        assert (new.patient.patient_id, new.patient.name, new.instances) == ("P-RIGHT", "赵六", 2)
        assert (new.state, new.description) == ("ready", "胸部平扫")
        originals = session.query(Instance).filter_by(study_id=old.id).all()
        copies = session.query(Instance).filter_by(study_id=new.id).all()
        assert all(row.rejected for row in originals) and not any(row.rejected for row in copies)
    for row in originals:
        assert content_digest(store.vault.path(row.file_key)) == before[row.sop_instance_uid]
    copy = load_dataset(store.vault.path(copies[0].file_key))
    assert copy.PixelData == dcmread(CT).PixelData
    assert copy.SOPInstanceUID not in before and copy.StudyInstanceUID != dcmread(CT).StudyInstanceUID
    assert (copy.PatientSex, copy.PatientBirthDate, copy.SpecificCharacterSet) == (
        "F",
        "19700203",
        "ISO_IR 192",
    )
    (original,) = copy.OriginalAttributesSequence
    assert original.ModifiedAttributesSequence[0].PatientName == "王^五"
    assert original.ReasonForTheAttributeModification == "CORRECT"


@pytest.mark.parametrize(("damaged", "note"), [(1, "correction-in-part"), (2, "correction-of-nothing")])
def test_a_correction_of_damaged_originals_says_so_on_the_study(store, settings, kept, damaged, note):
    with store.writing() as session:
        correct(session, HUB, kept, wish(session), Identity("P-RIGHT", "赵^六", "F", "19700203"))
        keys = [row.file_key for row in session.query(Instance).order_by(Instance.id)][:damaged]
    for path in map(store.vault.path, keys):
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    do(store, settings, "correct-identity")
    with store.reading() as session:
        assert session.get_one(Study, kept).note == f"study-rejected {note}"
        assert session.query(Study).count() == 3 - damaged
        (row,) = session.query(AuditRow).filter_by(act="correct", outcome="copied")
        assert row.detail.startswith(f"{2 - damaged} of 2 instances")


def test_what_a_correction_leaves_blank_stays_and_only_what_is_said_to_be_unknown_is_emptied(
    store, settings, kept
):
    with store.writing() as session:
        correct(session, HUB, kept, wish(session), Identity("P-RIGHT", "王^五", unknown=("birth_date",)))
    do(store, settings, "correct-identity")
    with store.reading() as session:
        new = session.query(Study).order_by(Study.id.desc()).first()
        assert (new.patient.sex, new.patient.birth_date) == ("O", "")
        copy = load_dataset(
            store.vault.path(session.query(Instance).filter_by(study_id=new.id).first().file_key)
        )
    assert (copy.PatientSex, copy.PatientBirthDate) == ("O", "")
    (original,) = copy.OriginalAttributesSequence
    assert original.ModifiedAttributesSequence[0].PatientBirthDate == "19580102"


def test_a_rebuilt_index_knows_the_marks_as_they_stood_and_their_objects(store, settings, kept, tmp_path):
    with store.writing() as session:
        one = session.query(Instance).first().sop_instance_uid
        user = session.query(User).filter_by(username="li").one()
        mark = Mark("m1", "arrow", one, 1, ((1, 2), (3, 4)), "结节")
        save_marks(session, HUB, kept, user, Drawn(0, (mark,), (KeyImage(one, 1),)))
    do(store, settings, "write-marks")
    rebuilt = rebuild(settings, tmp_path)
    assert reindex(rebuilt).markings_restored == 1
    assert reindex(rebuilt).markings_restored == 0
    with store.reading() as session, rebuilt.reading() as again:
        before, after = session.query(Marking).one(), again.query(Marking).one()
        assert (after.marks, after.key_images) == (before.marks, before.key_images)
        assert (after.version, after.sr_uid, after.at) == (1, before.sr_uid, before.at)
        assert after.user.display_name == "李医生"
        assert {row.kind: row.marking_id for row in again.query(MadeObject)} == {
            "marks-sr": after.id, "key-images": after.id
        }  # fmt: skip
    rebuilt.close()


def rebuild(settings, tmp_path):
    """The same files under a new, empty database."""
    fresh = read_settings(data_dir=tmp_path / "rebuilt")
    shutil.copytree(settings.data_dir / "files", fresh.data_dir / "files")
    schema.upgrade(fresh)
    return open_store(fresh)


def test_a_rebuilt_index_knows_what_was_rejected_by_whom_and_why(store, settings, kept, tmp_path):
    with store.writing() as session:
        one = session.query(Instance).first().sop_instance_uid
        reject(session, HUB, kept, wish(session, "quality", one))
    do(store, settings, "write-rejection")
    rebuilt = rebuild(settings, tmp_path)
    assert reindex(rebuilt).rejections_restored == 1
    assert reindex(rebuilt).rejections_restored == 0
    with rebuilt.reading() as session:
        again = session.query(Rejection).one()
        assert (again.user.username, again.reason, again.words) == ("li", "quality", "体位不正")
        assert again.at <= datetime.now(UTC) and not again.user.active
        assert {row.sop_instance_uid for row in session.query(Instance) if row.rejected} == {one}
        assert session.query(Study).one().note == "images-rejected"
        assert session.query(MadeObject).one().rejection_id == again.id
    rebuilt.close()


def withdrawn(store):
    with store.writing() as session:
        user = session.query(User).filter_by(username="li").one()
        withdraw(session, HUB, session.query(Rejection).one().id, Second(user, "点错了检查"))


def keep_withdrawal(store, settings):
    with store.reading() as session:
        number = session.query(Errand).filter(Errand.key.startswith("withdraw:")).one().id
    run_errand(Desk(settings), number, errand_kinds())


def test_what_was_taken_back_before_it_was_sent_is_told_to_nobody(store, settings, kept, storescp):
    with storescp() as (node, folder):
        reject_before(store, kept, node)
        withdrawn(store)
        with store.reading() as session:
            waiting = session.query(Errand).filter_by(key="write-rejection:1").one().id
        run_errand(Desk(settings), waiting, errand_kinds())
        keep_withdrawal(store, settings)
        assert list(folder.iterdir()) == []
    with store.reading() as session:
        assert session.query(AuditRow).filter_by(act="reject", outcome="told").count() == 0
        assert session.query(Errand).filter_by(kind="write-rejection", state="done").count() == 2


def test_the_key_object_of_a_rejection_that_was_taken_back_stays_as_it_was_sent(
    store, settings, kept, storescp
):
    with storescp() as (node, folder):
        reject_before(store, kept, node)
        do(store, settings, "write-rejection")
        (came,) = folder.iterdir()
        with store.reading() as session:
            first = session.query(MadeObject).one().file_key
        withdrawn(store)
        keep_withdrawal(store, settings)
        assert list(folder.iterdir()) == [came]
    with store.reading() as session:
        made = session.query(MadeObject).one()
        assert made.file_key != first and store.vault.path(first).is_file()
        assert content_digest(store.vault.path(made.file_key)) == made.digest
    assert content_digest(store.vault.path(first)) == made.digest


@pytest.mark.parametrize("sent", [True, False])
def test_a_rebuilt_index_knows_that_a_rejection_was_taken_back_by_whom_and_why(
    store, settings, kept, tmp_path, sent
):
    with store.writing() as session:
        reject(session, HUB, kept, wish(session))
    if sent:
        do(store, settings, "write-rejection")
    withdrawn(store)
    keep_withdrawal(store, settings)
    rebuilt = rebuild(settings, tmp_path)
    assert reindex(rebuilt).rejections_restored == 1
    assert reindex(rebuilt).rejections_restored == 0
    with rebuilt.reading() as session:
        again = session.query(Rejection).one()
        assert (again.reason, again.state) == ("quality", "ready")
        assert (again.withdrawal.user.username, again.withdrawal.words) == ("li", "点错了检查")
        assert not any(row.rejected for row in session.query(Instance))
        assert session.query(Study).one().state == "arriving"
    rebuilt.close()


def test_a_correction_that_was_taken_back_copies_nothing_when_it_is_tried_again(store, settings, kept):
    with store.writing() as session:
        correct(session, HUB, kept, wish(session), Identity("P-RIGHT", "赵^六"))
        errand = session.query(Errand).filter_by(kind="correct-identity").one()
        errand.state, number = "dead", errand.id
    withdrawn(store)
    with store.writing() as session:
        session.get_one(Errand, number).state = "waiting"
    run_errand(Desk(settings), number, errand_kinds())
    with store.reading() as session:
        assert session.query(Study).count() == 1
        assert session.get_one(Study, kept).state == "ready"
