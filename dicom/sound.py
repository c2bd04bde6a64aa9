"""Files that are what was received: known by their digest before anything of them is shown or sent."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from dicom.errors import Damaged, Unreadable
from dicom.part10 import has_digest
from hub.domain.audit import AuditEntry
from hub.store import Store, audit
from hub.store.moves import touch
from hub.store.tables import Instance, Study

#: Files whose digest was checked, by key, with what would change if they were altered.
MOST_CHECKED = 4096
_checked: "OrderedDict[str, tuple[int, int]]" = OrderedDict()


def sound_file(store: Store, instance: Instance, entry: Callable[[], AuditEntry], anew: bool = False) -> Path:
    """Return the instance's file once its digest is known to be the one that was received.

    Raises Damaged when it is not, or the file is gone: the instance is then marked, and what `entry` says
    of whoever found it goes into the audit trail once. `anew` compares although that was done before.
    """
    path = store.vault.path(instance.file_key)
    try:
        status = path.stat()
        seen = (status.st_mtime_ns, status.st_size)
        if not anew and _checked.get(instance.file_key) == seen:
            return path
        sound = has_digest(path, instance.digest)
    except (OSError, Unreadable):
        sound = False
    if not sound:
        mark_damaged(store, instance, entry())
        raise Damaged("the file was altered or lost after it was received; it is not shown")
    _checked[instance.file_key] = seen
    while len(_checked) > MOST_CHECKED:
        _checked.popitem(last=False)
    return path


def damage(instance: Instance, **who: str) -> AuditEntry:
    """Return the audit entry for an instance that is found damaged; `who` as for `audit.entry`."""
    return audit.entry("check", f"instance:{instance.sop_instance_uid}", "damaged", **who)


def mark_damaged(store: Store, instance: Instance, entry: AuditEntry) -> None:
    """Mark the instance, with one audit row and a word to open pages, unless that was done before.

    One that has got another file meanwhile was sent again, and is whole.
    """
    with store.writing() as session:
        row = session.get_one(Instance, instance.id)
        if row.damaged or row.file_key != instance.file_key:
            return
        row.damaged = True
        audit.append(session, entry)
        touch(session, session.get_one(Study, row.study_id))
