"""New unique identifiers, made from random UUIDs."""

import uuid

#: PS3.5 B.2: a UUID as one integer below this root needs no registration.
UUID_ROOT = "2.25."


def new_uid() -> str:
    """Return a UID that nobody has used, at most 44 characters long."""
    return f"{UUID_ROOT}{uuid.uuid4().int}"


def uid_from(*words: str) -> str:
    """Return the UID that always belongs to `words` (RFC 4122, version 5)."""
    return f"{UUID_ROOT}{uuid.uuid5(uuid.NAMESPACE_OID, '/'.join(words)).int}"
