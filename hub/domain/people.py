"""Who works here, and what each role may do."""

ROLES = ("township", "reader", "reviewer", "ecg", "expert", "admin")

SIGNERS = ("reader", "reviewer", "ecg", "expert")
READERS = SIGNERS

#: What each role may do; a page or a command asks by the name of the act.
RIGHTS: dict[str, frozenset[str]] = {
    "township": frozenset({"inbox", "import", "orders", "store"}),
    "reader": frozenset({"worklist", "read", "sign", "reject"}),
    "reviewer": frozenset({"worklist", "read", "sign", "reject", "ledger", "quality", "screening"}),
    "ecg": frozenset({"worklist", "read", "sign", "reject", "import", "screening"}),
    "expert": frozenset(
        {"worklist", "read", "sign", "reject", "quality", "templates", "screening", "settle"}
    ),
    "admin": frozenset(
        {
            "worklist",
            "orders",
            "store",
            "import",
            "ledger",
            "sites",
            "users",
            "audit",
            "quarantine",
            "reject",
            "metrics",
            "quality",
            "templates",
            "screening",
            "campaigns",
        }  # fmt: skip
    ),
}


#: Which modalities each reading role writes and signs; None is every one. All of them may look at all.
REPORTS_ON: dict[str, frozenset[str] | None] = {
    "reader": None,
    "reviewer": None,
    "expert": None,
    "ecg": frozenset({"ECG"}),
}


def reports_on(role: str, modality: str) -> bool:
    """Tell whether somebody with `role` writes and signs reports of studies of `modality`."""
    kinds = REPORTS_ON.get(role, frozenset())
    return kinds is None or modality in kinds


def may(role: str, act: str) -> bool:
    """Tell whether somebody with `role` may do `act`."""
    return act in RIGHTS.get(role, frozenset())
