"""Storage commitment tells the truth, per instance, to who asks, and believes only what it was told."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from pydicom import Dataset
from pydicom.uid import generate_uid
from pynetdicom import AE, build_context, build_role, evt
from sqlalchemy import select, update

from dicom.commitment import PUSH_MODEL, PUSH_MODEL_INSTANCE
from hub.domain.report import ReportText
from hub.domain.scope import HUB
from hub.errors import Refused
from hub.store import Store, now, sites, users
from hub.store.devices import add_device
from hub.store.signing import Wish, shown_of, sign, token_of
from hub.store.sites import ReturnNode, edit_site
from hub.store.tables import Commitment, Delivery, Errand, Instance, Study
from tests.dicom.test_scp import audited
from tests.plugins.databases import settings
from tests.plugins.peers import CT, ROOT_UID, Asker, Orthanc, wait_for
from tests.plugins.studies import Keep, wait_a_moment
from workers.desk import Desk, run_errand
from workers.errands import errand_kinds

__all__ = ["settings"]

UNKNOWN = "1.2.3.4.5.6"


class Modality:
    """A peer of pynetdicom's that asks the hub to commit, and takes the results that come."""

    def __init__(self, store: Store, port: int) -> None:
        self.store, self.port, self.results = store, port, []
        self.entity = AE("DR1")
        self.server = None

    def listen(self) -> None:
        """Be there for results: as SCU on an association that the hub asks for as SCP."""
        context = build_context(PUSH_MODEL)
        context.scu_role, context.scp_role = True, True

        def take(event: evt.Event) -> tuple[int, None]:
            roles = [(c.as_scu, c.as_scp) for c in event.assoc.accepted_contexts]
            self.results.append((event.event_type, event.event_information, roles))
            return 0x0000, None

        self.server = self.entity.start_server(
            ("127.0.0.1", self.port), block=False, contexts=[context],
            evt_handlers=[(evt.EVT_N_EVENT_REPORT, take)],
        )  # fmt: skip

    def ask(self, *wanted: tuple[str, str], transaction: str = "", calling: str = "DR1") -> int:
        """Ask, and return the status."""
        request = Dataset()
        request.TransactionUID = transaction or generate_uid()
        request.ReferencedSOPSequence = []
        for sop_class, uid in wanted:
            item = Dataset()
            item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
            request.ReferencedSOPSequence.append(item)
        entity = Asker(calling)
        entity.add_requested_context(PUSH_MODEL)
        association = entity.associate(*self.store.settings.dicom_address, ae_title="READHUB")
        status, _ = association.send_n_action(request, 1, PUSH_MODEL, PUSH_MODEL_INSTANCE)
        association.release()
        return int(status.Status)


@pytest.fixture
def modality(hub: Store, free_port: Callable[[], int]) -> Iterator[Modality]:
    made = Modality(hub, free_port())
    with hub.writing() as session:
        node = ReturnNode("DR1", "127.0.0.1", made.port)
        add_device(session, sites.site_named(session, "east"), "DR1", node=node)
    wait_a_moment()
    yield made
    if made.server is not None:
        made.server.shutdown()


def test_the_sites_own_title_may_have_a_node_and_is_answered_there(hub: Store, modality: Modality) -> None:
    assert modality.ask((CT, "1.2.3"), calling="CLINIC1") == 0x0110, "nobody knows where it listens"
    with hub.writing() as session:
        east = sites.site_named(session, "east")
        with pytest.raises(Refused):
            add_device(session, sites.site_named(session, "west"), "CLINIC1")
        add_device(session, east, "CLINIC1", node=ReturnNode("CLINIC1", "127.0.0.1", modality.port))
    assert modality.ask((CT, "1.2.3"), calling="CLINIC1") == 0x0000
    with pytest.raises(Refused), hub.writing() as session:
        add_device(session, sites.site_named(session, "east"), "CLINIC1")


def do_errands(store: Store) -> None:
    """Work on everything that is due."""
    desk = Desk(store.settings)
    with store.reading() as session:
        due = session.scalars(
            select(Errand.id).where(Errand.state == "waiting", Errand.due_at <= now())
        ).all()
    for errand in due:
        run_errand(desk, errand, errand_kinds())
    desk.store.close()


def hurry(store: Store) -> None:
    """Let time pass: what waits is due."""
    with store.writing() as session:
        session.execute(
            update(Errand).where(Errand.state == "waiting").values(due_at=now() - timedelta(seconds=1))
        )


def test_each_instance_is_answered_for_truly_on_an_association_of_its_own(
    hub: Store, keep: Keep, modality: Modality
) -> None:
    keep()
    keep()
    keep(calling="CLINIC2", PatientID="W")
    good, altered, others = (f"{ROOT_UID}.3.10{number}" for number in (1, 2, 3))
    with hub.reading() as session:
        row = session.scalars(select(Instance).where(Instance.sop_instance_uid == altered)).one()
    path = hub.vault.path(row.file_key)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    modality.listen()
    assert (
        modality.ask(
            (CT, good), (CT, altered), (CT, others), (CT, UNKNOWN), ("1.2.840.10008.5.1.4.1.1.4", good)
        )
        == 0
    )
    do_errands(hub)
    ((event_type, result, roles),) = modality.results
    assert event_type == 2 and roles == [(True, False)]
    assert [item.ReferencedSOPInstanceUID for item in result.ReferencedSOPSequence] == [good]
    failed = [(i.ReferencedSOPInstanceUID, i.FailureReason) for i in result.FailedSOPSequence]
    assert failed == [(altered, 0x0110), (others, 0x0112), (UNKNOWN, 0x0112), (good, 0x0119)]
    assert [row[1] for row in audited(hub, "commitment")] == ["ok", "result-told"]


def test_a_file_that_is_gone_is_not_committed_to_although_it_was_sound_before(
    hub: Store, keep: Keep, modality: Modality
) -> None:
    keep()
    modality.listen()
    assert modality.ask((CT, f"{ROOT_UID}.3.101")) == 0
    do_errands(hub)
    assert modality.results[0][0] == 1 and "FailedSOPSequence" not in modality.results[0][1]
    with hub.reading() as session:
        hub.vault.path(session.scalars(select(Instance)).one().file_key).unlink()
    assert modality.ask((CT, f"{ROOT_UID}.3.101")) == 0
    do_errands(hub)
    assert modality.results[1][1].FailedSOPSequence[0].FailureReason == 0x0110


def test_the_result_waits_for_an_asker_who_is_away_and_asking_twice_is_asking_once(
    hub: Store, keep: Keep, modality: Modality
) -> None:
    keep()
    for _ in range(2):
        assert modality.ask((CT, f"{ROOT_UID}.3.101"), transaction="1.2.9") == 0
    do_errands(hub)
    with hub.reading() as session:
        asked = session.scalars(select(Commitment)).one()
        assert (asked.state, asked.failures) == ("asked", 1)
        assert (
            session.scalars(select(Errand).where(Errand.kind == "tell-commitment")).one().state == "waiting"
        )
    modality.listen()
    hurry(hub)
    do_errands(hub)
    assert len(modality.results) == 1
    with hub.reading() as session:
        asked = session.scalars(select(Commitment)).one()
        assert (asked.state, asked.missing) == ("told", 0) and asked.told_at


def test_a_transaction_of_another_list_is_refused_and_the_first_is_answered(
    hub: Store, keep: Keep, modality: Modality
) -> None:
    keep()
    held, wanted = f"{ROOT_UID}.3.101", "1.2.9"
    modality.listen()
    assert modality.ask((CT, held), transaction=wanted) == 0
    assert modality.ask((CT, UNKNOWN), transaction=wanted) == 0x0115
    assert modality.ask((CT, held), (CT, UNKNOWN), transaction=wanted) == 0x0115
    do_errands(hub)
    ((event_type, result, _roles),) = modality.results
    assert event_type == 1
    assert [item.ReferencedSOPInstanceUID for item in result.ReferencedSOPSequence] == [held]
    assert [row[1] for row in audited(hub, "commitment")] == ["ok", "refused", "refused", "result-told"]
    assert modality.ask((CT, UNKNOWN), transaction=wanted) == 0x0115  # told or not


def test_the_same_list_in_another_order_is_the_same_request(
    hub: Store, keep: Keep, modality: Modality
) -> None:
    keep()
    modality.listen()
    one, other = (CT, f"{ROOT_UID}.3.101"), (CT, UNKNOWN)
    for wanted in ((one, other), (other, one)):
        assert modality.ask(*wanted, transaction="1.2.9") == 0
        do_errands(hub)
    assert [len(result.FailedSOPSequence) for _, result, _ in modality.results] == [1, 1]


def test_two_sites_may_use_the_same_transaction(
    hub: Store, keep: Keep, modality: Modality, free_port: Callable[[], int]
) -> None:
    keep()
    elsewhere = Modality(hub, free_port())
    with hub.writing() as session:
        node = ReturnNode("DR2", "127.0.0.1", elsewhere.port)
        add_device(session, sites.site_named(session, "west"), "DR2", node=node)
    wait_a_moment()
    assert modality.ask((CT, f"{ROOT_UID}.3.101"), transaction="1.2.9") == 0
    assert modality.ask((CT, UNKNOWN), transaction="1.2.9", calling="DR2") == 0
    with hub.reading() as session:
        asked = session.scalars(select(Commitment.instances).order_by(Commitment.id)).all()
    assert asked == [[[CT, f"{ROOT_UID}.3.101"]], [[CT, UNKNOWN]]]


def test_what_cannot_be_answered_is_refused_and_audited(hub: Store, modality: Modality) -> None:
    assert modality.ask() == 0x0115
    assert modality.ask((CT, UNKNOWN), calling="CLINIC1") == 0x0110  # nobody said where it listens
    assert [row[1] for row in audited(hub, "commitment")] == ["refused", "refused"]


def test_orthanc_is_told_what_it_asks(hub: Store, keep: Keep, orthanc: Orthanc) -> None:
    keep()
    with hub.writing() as session:
        add_device(session, sites.site_named(session, "east"), "ORTHANC", node=orthanc.node)
    wait_a_moment()
    orthanc.knows(hub.settings)
    known = {"SOPClassUID": CT, "SOPInstanceUID": f"{ROOT_UID}.3.101"}
    unknown = {"SOPClassUID": CT, "SOPInstanceUID": UNKNOWN}
    asked = orthanc.ask("POST", "/modalities/hub/storage-commitment", {"DicomInstances": [known, unknown]})
    do_errands(hub)
    report = orthanc.ask("GET", f"/storage-commitment/{asked['ID']}")
    assert (report["Status"], report["RemoteAET"]) == ("Failure", "READHUB")
    assert report["Success"] == [known]
    assert [one["SOPInstanceUID"] for one in report["Failures"]] == [UNKNOWN]


@pytest.fixture
def signed(hub: Store, keep: Keep) -> Callable[[ReturnNode], None]:
    """Sign a report on a study whose site has this return node, and send it."""

    def act(node: ReturnNode) -> None:
        uid = keep()
        with hub.writing() as session:
            edit_site(sites.site_named(session, "east"), return_node=node)
            doctor = users.add_user(session, "lin", "reader", "a long enough password", display_name="Lin").id
            study = session.scalars(select(Study).where(Study.study_instance_uid == uid)).one().id
        with hub.reading() as session:
            token = token_of(shown_of(session, session.get_one(Study, study)))
        sign(hub, Wish(doctor, HUB, study, token, ReportText("x", "y")))
        for _ in range(3):
            do_errands(hub)

    return act


def delivery(store: Store) -> Delivery:
    with store.reading() as session:
        return session.scalars(select(Delivery).where(Delivery.channel == "dicom")).one()


def test_a_report_is_confirmed_by_the_commitment_of_its_destination(
    hub: Store, signed: Callable[[ReturnNode], None], orthanc: Orthanc
) -> None:
    with hub.writing() as session:
        add_device(session, sites.site_named(session, "east"), "ORTHANC", node=orthanc.node)
    wait_a_moment()
    orthanc.knows(hub.settings)
    signed(orthanc.node)
    wait_for(lambda: delivery(hub).state == "confirmed", "the commitment", 30)
    assert delivery(hub).confirmed_by == "commitment"


def test_a_destination_without_commitment_is_asked_by_a_query_or_left_at_sent(
    hub: Store,
    signed: Callable[[ReturnNode], None],
    storescp: Callable[..., Iterator[tuple[ReturnNode, object]]],
) -> None:
    with storescp("+xa") as (node, _folder):
        signed(node)
    assert (delivery(hub).state, delivery(hub).confirmed_by) == ("sent", "")


def test_a_result_that_another_site_tells_confirms_nothing(
    hub: Store,
    signed: Callable[[ReturnNode], None],
    storescp: Callable[..., Iterator[tuple[ReturnNode, object]]],
) -> None:
    with storescp("+xa") as (node, _folder):
        signed(node)
    assert tell(hub, "CLINIC2", delivery(hub).transaction_uid or "") == 0x0112
    assert delivery(hub).state == "sent"
    assert tell(hub, "CLINIC1", delivery(hub).transaction_uid or "") == 0x0000  # names none of its objects
    assert (delivery(hub).state, delivery(hub).warned) == ("sent", True)


def tell(store: Store, calling: str, transaction: str) -> int:
    """Tell the hub that one object, none of the report's, is committed."""
    report = Dataset()
    report.TransactionUID = transaction
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = CT, UNKNOWN
    report.ReferencedSOPSequence = [item]
    entity = Asker(calling)
    entity.add_requested_context(PUSH_MODEL)
    association = entity.associate(
        *store.settings.dicom_address, ae_title="READHUB", ext_neg=[build_role(PUSH_MODEL, scp_role=True)]
    )  # fmt: skip
    assert [c.as_scp for c in association.accepted_contexts] == [True]
    status, _ = association.send_n_event_report(report, 1, PUSH_MODEL, PUSH_MODEL_INSTANCE)
    association.release()
    return int(status.Status)
