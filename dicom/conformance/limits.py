"""What bounds an association: titles, timeouts, sizes and counts, with the settings that change them."""

from pydantic.fields import FieldInfo

from dicom.conformance.markdown import section, table
from dicom.contexts import MOST_PROPOSED
from dicom.entity import ANSWER_SECONDS, CONNECT_SECONDS, LARGEST_PDU
from dicom.entity import Patience as Asking
from dicom.limits import MOST_SILENT
from dicom.negotiation import LARGEST_ASSOCIATE_PDU
from dicom.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicom.reception import REQUEST_SECONDS
from dicom.services.performed_step import MOST_LISTED
from dicom.services.query import MOST_ANSWERS
from dicom.services.retrieve import MOST_INSTANCES as MOST_RETRIEVED
from dicom.services.storage_commitment import MOST_INSTANCES as MOST_COMMITTED
from dicom.tls import CIPHERS
from hub.domain.errand import DELIVERY_BACKOFF_MINUTES, DELIVERY_DAYS
from hub.domain.order import PATIENCE_SECONDS
from hub.settings import Settings

#: The settings that a peer may notice.
SETTINGS = (
    "ae_title", "dicom", "dicom_tls", "maximum_associations", "associations_per_site",
    "associations_per_address", "maximum_pdu", "maximum_message", "network_timeout_seconds",
    "receiver_processes",
)  # fmt: skip

BOUNDS = {
    "ge": "at least {}", "le": "at most {}", "gt": "more than {}", "min_length": "at least {} characters",
    "max_length": "at most {} characters",
}  # fmt: skip


def entity() -> str:
    """Return what identifies the application entity, and whom it accepts."""
    rows = [
        ("implementation class UID", f"`{IMPLEMENTATION_CLASS_UID}`"),
        ("implementation version name", f"`{IMPLEMENTATION_VERSION_NAME}`"),
        ("called AE title", "must be `READHUB_AE_TITLE`"),
        (
            "calling AE title",
            "must be that of a site or of one of its devices, each registered by an operator",
        ),
        ("address", "where the site has one, associations come from there only"),
        ("certificate", "where the site is bound to one, associations come over TLS with it only"),
        ("asynchronous operations", "not negotiated: one outstanding operation"),
    ]
    return section("Application entity", table(("", ""), rows))


def settings() -> str:
    """Return the settings with their defaults and bounds."""
    rows = [_setting(name, Settings.model_fields[name]) for name in SETTINGS]
    return section("Configuration", table(("setting", "default", "bounds"), rows))


def limits() -> str:
    """Return timeouts and limits that are the code's own."""
    rows = [
        ("association request after the connection, TLS handshake", f"{REQUEST_SECONDS:.0f} s at most"),
        ("silence inside an association, and one PDU", "`READHUB_NETWORK_TIMEOUT_SECONDS`"),
        ("connection, association and answer, where the hub asks",
         f"{CONNECT_SECONDS:.0f}, {Asking().associate:.0f}, {ANSWER_SECONDS:.0f} s"),
        ("longest association PDU", f"{LARGEST_ASSOCIATE_PDU} bytes"),
        ("longest P-DATA PDU received, announced", "`READHUB_MAXIMUM_PDU`"),
        ("longest P-DATA PDU announced where the hub asks", f"{LARGEST_PDU} bytes"),
        ("presentation contexts proposed at once", MOST_PROPOSED),
        ("connections that have said nothing yet", MOST_SILENT),
        ("answers to one C-FIND", MOST_ANSWERS),
        ("instances of one C-MOVE or C-GET", MOST_RETRIEVED),
        ("instances of one commitment request", MOST_COMMITTED),
        ("instances listed by one performed step", MOST_LISTED),
        ("a study waits for instances that its step lists", f"{PATIENCE_SECONDS:.0f} s after its last one"),
        ("retries of reports, commitment results and notifications",
         f"after {', '.join(map(str, DELIVERY_BACKOFF_MINUTES))} min, then hourly, {DELIVERY_DAYS} days"),
    ]  # fmt: skip
    return section("Timeouts and limits", table(("what", "bound"), rows))


def security() -> str:
    """Return what protects an association."""
    return section(
        "Security",
        "`READHUB_DICOM_TLS` opens a second address with the BCP 195 TLS profile (PS3.15 B.9): TLS 1.2 "
        "and 1.3, "
        f"`{CIPHERS}`, client certificates required and bound to sites. Every rejection, search, "
        f"retrieval and "
        "refusal is in an audit trail whose rows are chained by hashes. User identity negotiation is not "
        "used.",
    )


def _setting(name: str, field: FieldInfo) -> tuple[str, str, str]:
    bounds = [_bound(one) for one in field.metadata]
    return f"`READHUB_{name.upper()}`", f"{field.default}", ", ".join(one for one in bounds if one)


def _bound(one: object) -> str:
    """Return a constraint in words; pydantic gives each as an object with one attribute."""
    said = [words.format(getattr(one, name)) for name, words in BOUNDS.items() if hasattr(one, name)]
    return ", ".join(said)
