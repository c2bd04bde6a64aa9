"""A signed report goes home: to real peers, retried, once in effect, a refusal never "sent" (promise 9)."""

import subprocess
from datetime import timedelta
from io import BytesIO

import pydicom
import pytest
from pydicom.uid import BasicTextSRStorage, EncapsulatedPDFStorage
from pynetdicom import AE, AllStoragePresentationContexts, evt
from sqlalchemy import select, text, update

from dicom.admission import Caller
from dicom.demo.cases import demo_cases
from dicom.keep import Keeper, Message
from dicom.reindex import reindex
from dicom.township import serving
from dicom.write.frame import data_set_bytes
from hub.domain.report import ReportText
from hub.domain.scope import HUB
from hub.store import errands, now, schema, users
from hub.store.moves import move_study
from hub.store.signing import Wish, open_addendum, shown_of, sign, token_of
from hub.store.sites import ReturnNode, edit_site, site_named
from hub.store.tables import AuditRow, Base, Delivery, Errand, MadeObject, Report, Study, User
from workers.desk import Desk, run_errand
from workers.errands import errand_kinds

TEXT = ReportText("右下肺见斑片状高密度影，㑇䶮㙦𬭊𫠊。", "右下肺炎。", "抗感染治疗后复查。")
AMENDED = ReportText(TEXT.findings, TEXT.impression, addendum="补充：左侧亦见。")


@pytest.fixture
def desk(store, settings):
    return Desk(settings)


@pytest.fixture
def doctor(store):
    with store.writing() as session:
        return users.add_user(
            session, "lin", "reader", "a long enough password", display_name="林晓芸", licence="110001"
        )


@pytest.fixture
def study(store):
    """A film of an invented child, received as the hub receives, and settled."""
    case = demo_cases("20261101")[1]
    film = next(iter(case.make(case.person, case.exam)))
    message = Message(str(film.SOPClassUID), str(film.SOPInstanceUID), str(film.file_meta.TransferSyntaxUID))
    caller = Caller("east", "EAST1", "READHUB", "127.0.0.1")
    Keeper(store).take(message, data_set_bytes(film), caller)
    with store.writing() as session:
        row = session.scalars(select(Study)).one()
        move_study(session, row, "arrival-settled")
        return row.id


@pytest.fixture
def sign_and_send(store, desk, doctor, study):
    """Sign the study for a return node and do every errand that is due."""

    def act(node: ReturnNode | None, text: ReportText = TEXT) -> list[Delivery]:
        with store.writing() as session:
            edit_site(site_named(session, "east"), return_node=node)
        with store.reading() as session:
            token = token_of(shown_of(session, session.get_one(Study, study)))
        sign(store, Wish(doctor.id, HUB, study, token, text))
        return do_what_is_due(store, desk)

    return act


@pytest.fixture
def open_again(store, doctor, study):
    """Open an addendum on the signed study."""

    def act():
        with store.writing() as session:
            open_addendum(session, HUB, study, session.get_one(User, doctor.id))

    return act


@pytest.fixture
def answering(free_port):
    """A peer that answers every C-STORE with one status."""
    servers = []

    def start(status):
        ae, port = AE(ae_title="PEER"), free_port()
        ae.supported_contexts = AllStoragePresentationContexts[:100]
        ae.add_supported_context(EncapsulatedPDFStorage)
        ae.add_supported_context(BasicTextSRStorage)
        handlers = [(evt.EVT_C_STORE, lambda _event: status)]
        servers.append(ae.start_server(("127.0.0.1", port), block=False, evt_handlers=handlers))
        return ReturnNode("PEER", "127.0.0.1", port)

    yield start
    for server in servers:
        server.shutdown()


def do_what_is_due(store, desk):
    while due := waiting(store):
        for errand_id in due:
            run_errand(desk, errand_id, errand_kinds())
    return deliveries(store)


def waiting(store):
    with store.reading() as session:
        skipped = ("pre-read", "settle")
        return [e.id for e in errands.due_errands(session) if e.kind not in skipped]


def deliveries(store):
    with store.reading() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def by_dicom(rows):
    return [row for row in rows if row.channel == "dicom"]


def make_due(store):
    with store.writing() as session:
        session.execute(update(Errand).where(Errand.state == "waiting").values(due_at=now()))


def test_a_peer_without_a_query_stays_at_sent(store, sign_and_send, storescp, program):
    with storescp() as (node, folder):
        (delivery,) = by_dicom(sign_and_send(node))
        received = sorted(pydicom.dcmread(path).Modality for path in folder.iterdir())
    assert (delivery.state, delivery.status, delivery.confirmed_at) == ("sent", 0x0000, None)
    assert received == ["DOC", "SR"]


def test_what_the_peer_received_satisfies_the_judges(sign_and_send, storescp, program, tmp_path):
    with storescp() as (node, folder):
        sign_and_send(node)
        for path in folder.iterdir():
            judge = subprocess.run([program("dciodvfy"), path], capture_output=True, text=True, check=False)
            assert "Error" not in judge.stdout + judge.stderr
        paths = {pydicom.dcmread(path).Modality: path for path in folder.iterdir()}
        said = subprocess.run(
            [program("dsrdump"), "+U8", "+Pl", paths["SR"]], capture_output=True, check=True
        )
        pdf = pydicom.dcmread(paths["DOC"])
    assert "右下肺炎" in said.stdout.decode()
    (tmp_path / "report.pdf").write_bytes(pdf.EncapsulatedDocument[: pdf.EncapsulatedDocumentLength])
    signature = subprocess.run(
        [program("pdfsig"), tmp_path / "report.pdf"], capture_output=True, text=True, check=False
    )
    assert "Signature is Valid" in signature.stdout


def test_orthanc_confirms_what_it_holds(sign_and_send, orthanc):
    (delivery,) = by_dicom(sign_and_send(orthanc.node))
    assert delivery.state == "confirmed"
    assert orthanc.instances() == 2


def test_the_demos_township_confirms_what_it_holds(sign_and_send, free_port, tmp_path):
    port = free_port()
    (tmp_path / "township").mkdir()
    with serving(tmp_path / "township", "TOWNSHIP", "127.0.0.1", port):
        (delivery,) = by_dicom(sign_and_send(ReturnNode("TOWNSHIP", "127.0.0.1", port)))
    assert delivery.state == "confirmed"


def test_a_study_is_delivered_when_every_destination_has_it(store, sign_and_send, orthanc):
    sign_and_send(orthanc.node)
    with store.reading() as session:
        assert session.scalars(select(Study.state)).one() == "delivered"


def test_a_site_without_a_return_node_gets_it_in_its_inbox(sign_and_send):
    (delivery,) = sign_and_send(None)
    assert (delivery.channel, delivery.state) == ("inbox", "sent")


def test_nobody_there_is_failing_with_a_time_for_the_next_try(store, sign_and_send, free_port):
    (delivery,) = by_dicom(sign_and_send(ReturnNode("NOBODY", "127.0.0.1", free_port())))
    assert (delivery.state, delivery.failures, delivery.sent_at) == ("failing", 1, None)
    assert delivery.next_try_at > now()
    with store.reading() as session:
        assert session.scalars(select(Study.state)).one() == "signed"


def test_a_refusal_is_never_shown_as_sent(sign_and_send, storescp):
    with storescp("--refuse") as (node, folder):
        (delivery,) = by_dicom(sign_and_send(node))
        assert list(folder.iterdir()) == []
    assert (delivery.state, delivery.sent_at) == ("failing", None)


def test_after_three_days_away_the_report_still_goes_out(store, desk, sign_and_send, storescp, free_port):
    sign_and_send(ReturnNode("NOBODY", "127.0.0.1", free_port()))
    age(store, days=3)
    with storescp() as (node, folder):
        with store.writing() as session:
            edit_site(site_named(session, "east"), return_node=node)
        (delivery,) = by_dicom(do_what_is_due(store, desk))
        assert len(list(folder.iterdir())) == 2
    assert delivery.state == "sent"


def test_after_a_week_it_is_a_dead_letter(store, desk, sign_and_send, free_port):
    sign_and_send(ReturnNode("NOBODY", "127.0.0.1", free_port()))
    age(store, days=7)
    (delivery,) = by_dicom(do_what_is_due(store, desk))
    assert delivery.state == "dead"


def age(store, days):
    with store.writing() as session:
        session.execute(
            update(Errand).where(Errand.kind == "deliver")
            .values(created_at=now() - timedelta(days=days), due_at=now())
        )  # fmt: skip


def test_killed_between_delivery_and_bookkeeping_it_is_there_once(store, desk, sign_and_send, orthanc):
    sign_and_send(orthanc.node)
    with store.writing() as session:
        session.execute(update(Delivery).where(Delivery.channel == "dicom").values(state="queued"))
        session.execute(update(Errand).where(Errand.kind == "deliver").values(state="waiting", due_at=now()))
    (delivery,) = by_dicom(do_what_is_due(store, desk))
    assert delivery.state in ("sent", "confirmed")
    assert orthanc.instances() == 2


def test_every_retry_sends_the_same_bytes(store, desk, sign_and_send, free_port):
    sign_and_send(ReturnNode("NOBODY", "127.0.0.1", free_port()))
    first = made(store)
    with store.writing() as session:
        session.execute(update(Errand).where(Errand.kind == "issue-report").values(state="waiting"))
    make_due(store)
    do_what_is_due(store, desk)
    assert made(store) == first


def made(store):
    with store.reading() as session:
        return {
            row.sop_instance_uid: store.vault.read(row.file_key)
            for row in session.scalars(select(MadeObject))
        }


def test_an_addendum_is_a_new_version_that_names_the_one_before(sign_and_send, open_again, storescp):
    with storescp() as (node, folder):
        sign_and_send(node)
        open_again()
        rows = by_dicom(sign_and_send(node, AMENDED))
        reports = [pydicom.dcmread(path) for path in folder.iterdir()]
    srs = sorted((r for r in reports if r.Modality == "SR"), key=lambda r: r.SeriesNumber)
    assert [row.state for row in rows] == ["sent", "sent"]
    (series,) = srs[1].PredecessorDocumentsSequence[0].ReferencedSeriesSequence
    assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == srs[0].SOPInstanceUID


def test_an_addendum_waits_for_the_version_before_it(sign_and_send, open_again, free_port):
    nobody = ReturnNode("NOBODY", "127.0.0.1", free_port())
    sign_and_send(nobody)
    open_again()
    first, second = by_dicom(sign_and_send(nobody, AMENDED))
    assert (first.state, second.state, second.failures) == ("failing", "queued", 0)


@pytest.mark.parametrize("status", [0xA700, 0xA900, 0xC000, 0x0124])
def test_a_status_of_failure_is_failing_with_that_status(sign_and_send, answering, status):
    (delivery,) = by_dicom(sign_and_send(answering(status)))
    assert (delivery.state, delivery.status, delivery.sent_at) == ("failing", status, None)


def test_a_warning_is_sent_and_shown_as_a_warning(sign_and_send, answering):
    (delivery,) = by_dicom(sign_and_send(answering(0xB000)))
    assert (delivery.state, delivery.status, delivery.warned) == ("sent", 0xB000, True)


def test_a_signed_report_comes_back_from_its_files_when_every_row_is_lost(
    store, desk, sign_and_send, open_again, settings
):
    sign_and_send(None)
    open_again()
    sign_and_send(None, AMENDED)
    with store.reading() as session:
        before = [(r.version, r.digest, r.signer_name, r.impression) for r in session.scalars(select(Report))]
    kept = made(store)
    forget_every_row(store, settings)
    counts = reindex(store)
    with store.reading() as session:
        after = [(r.version, r.digest, r.signer_name, r.impression) for r in session.scalars(select(Report))]
        assert session.scalars(select(Study.state)).one() == "signed"
    assert (after, made(store), counts.reports_restored) == (before, kept, 2)
    assert reindex(store).reports_restored == 0


def forget_every_row(store, settings):
    """Lose the database, as somebody who is left with the files alone."""
    store.close()
    if settings.database_url is None:
        for path in settings.data_dir.glob("hub.sqlite3*"):
            path.unlink()
        schema.upgrade(settings)
        return
    with store.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
            session.execute(table.delete())
            session.execute(text(f"ALTER TABLE {table.name} ENABLE TRIGGER USER"))


def test_each_try_is_in_the_audit(store, sign_and_send, storescp):
    with storescp() as (node, _folder):
        sign_and_send(node)
    with store.reading() as session:
        outcomes = list(session.scalars(select(AuditRow.outcome).where(AuditRow.act == "deliver")))
    assert "0x0000" in outcomes


def test_the_pdf_names_its_sr_and_carries_its_true_length(store, sign_and_send, free_port):
    sign_and_send(None)
    pdf = next(b for b in map(pydicom.dcmread, map(BytesIO, made(store).values())) if b.Modality == "DOC")
    with store.reading() as session:
        report = session.scalars(select(Report)).one()
    assert pdf.SourceInstanceSequence[0].ReferencedSOPInstanceUID == report.sr_uid
    assert pdf.EncapsulatedDocument[: pdf.EncapsulatedDocumentLength].rstrip().endswith(b"%%EOF")
