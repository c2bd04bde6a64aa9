"""Who works here, and what each role may do."""

ROLES = ("township", "reader", "reviewer", "ecg", "expert", "admin")

SIGNERS = ("reader", "reviewer", "ecg", "expert")
READERS = SIGNERS

#: What each role may do; a page or a command asks by the name of the act.
RIGHTS: dict[str, frozenset[str]] = {
    "township": frozenset({"inbox"}),
    "reader": frozenset({"worklist", "read", "sign"}),
    "reviewer": frozenset({"worklist", "read", "sign", "ledger"}),
    "ecg": frozenset({"worklist", "read", "sign"}),
    "expert": frozenset({"worklist", "read", "sign"}),
    "admin": frozenset({"worklist", "ledger", "sites", "users", "audit", "quarantine", "metrics"}),
}


def may(role: str, act: str) -> bool:
    """Tell whether somebody with `role` may do `act`."""
    return act in RIGHTS.get(role, frozenset())
