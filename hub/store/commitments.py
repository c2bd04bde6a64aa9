"""Storage commitments: what peers asked the hub to vouch for, and what destinations vouch for to the hub."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub.domain.commitment import COMMITMENT_MOVES
from hub.domain.moves import next_state
from hub.domain.uid import new_uid
from hub.errors import HubError, NotYours
from hub.store.deliveries import Attempt, record_attempt
from hub.store.devices import Peer
from hub.store.engine import now
from hub.store.errands import put_off
from hub.store.made import made_for_report
from hub.store.tables import Commitment, Delivery, Instance

TELL = "tell-commitment"
#: Where a delivery waits for a commitment or has one, a result may still come.
AWAITING = ("queued", "failing", "sent")


@dataclass(frozen=True)
class Wanted:
    """One instance that a peer asks about, by its UIDs."""

    sop_class_uid: str
    sop_instance_uid: str


class AnotherList(HubError):
    """A transaction stands for one list of instances; another list needs a transaction of its own."""


def ask_for(
    session: Session, peer: Peer, calling_ae: str, transaction_uid: str, what: Sequence[Wanted]
) -> None:
    """Write down that a peer wants to know about `what`, with the errand to tell it; asking twice is once.

    Raises AnotherList where the peer asked about something else under this transaction.
    """
    instances = [[one.sop_class_uid, one.sop_instance_uid] for one in what]
    known = session.scalar(
        select(Commitment).where(
            Commitment.site_id == peer.site.id, Commitment.calling_ae == calling_ae,
            Commitment.transaction_uid == transaction_uid,
        )
    )  # fmt: skip
    if known is None:
        known = Commitment(
            site_id=peer.site.id, calling_ae=calling_ae, transaction_uid=transaction_uid, state="asked",
            failures=0, instances=instances, asked_at=now(),
        )  # fmt: skip
        session.add(known)
        session.flush()
    elif sorted(known.instances) != sorted(instances):
        raise AnotherList(f"transaction {transaction_uid} was used for other instances")
    elif known.state != "asked":
        move_commitment(session, known, "asked-again")
    put_off(session, TELL, known.id, 0)


def move_commitment(session: Session, commitment: Commitment, event: str, **values: object) -> None:
    """Move a commitment by what happened to it."""
    state = next_state(COMMITMENT_MOVES, commitment.state, event)
    session.execute(
        update(Commitment)
        .where(Commitment.id == commitment.id, Commitment.state == commitment.state)
        .values(state=state, **values)
        .execution_options(synchronize_session=False)
    )
    session.refresh(commitment)


def held(session: Session, commitment: Commitment) -> dict[str, Instance]:
    """Return the instances asked about that the asker's own site has here, by SOP Instance UID."""
    uids = [uid for _sop_class, uid in commitment.instances]
    found: dict[str, Instance] = {}
    for at in range(0, len(uids), 500):
        asked = select(Instance).where(
            Instance.site_id == commitment.site_id, Instance.sop_instance_uid.in_(uids[at : at + 500])
        )
        found |= {one.sop_instance_uid: one for one in session.scalars(asked)}
    return found


def transaction_of(session: Session, delivery: Delivery) -> str:
    """Return the transaction under which a destination is asked to commit, fixed before it is asked."""
    if not delivery.transaction_uid:
        delivery.transaction_uid = new_uid()
        session.flush()
    return delivery.transaction_uid


def take_result(
    session: Session, site_id: int, transaction_uid: str, committed: frozenset[str], failed: Mapping[str, int]
) -> bool:
    """Record what a destination of `site_id` says it has committed to; True when that is the whole report.

    A failure that it names leaves the delivery where it is, as one that was warned about, and is its detail.
    Raises NotYours where the site was never asked under this transaction.
    """
    delivery = session.scalar(
        select(Delivery).where(Delivery.transaction_uid == transaction_uid, Delivery.site_id == site_id)
    )
    if delivery is None:
        raise NotYours(f"commitment:{transaction_uid}")
    uids = {made.sop_instance_uid for made in made_for_report(session, delivery.report_id)}
    whole = bool(uids) and uids <= committed and not uids & set(failed)
    if whole and delivery.state in AWAITING:
        said = "committed by the destination"
        record_attempt(session, delivery, Attempt("found-there", detail=said, proof="commitment"))
    elif not whole:
        reasons = ", ".join(sorted({f"0x{reason:04X}" for reason in failed.values()})) or "not named"
        delivery.warned = True
        delivery.detail = f"the destination does not commit to the report ({reasons})"
    return whole
