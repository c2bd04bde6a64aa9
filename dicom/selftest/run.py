"""A whole self-test: the device, its checks, the sheet, and what the audit trail says of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from dicom.selftest.checks import Check, run_checks
from dicom.selftest.device import TestDevice, listening, new_device
from dicom.selftest.traces import ACT, clear, clear_leftovers
from hub import __version__
from hub.report.selftest_sheet import Sheet, SheetLine
from hub.store import Store, audit
from hub.store.devices import add_device, device_named
from hub.store.sites import site_named


def run_selftest(store: Store, site: str, who: Mapping[str, str]) -> tuple[list[Check], Sheet]:
    """Try the line of `site` against the running hub of `store`; return the checks and their sheet's content.

    `who` names who asked (actor, role, address) for the audit trail. However the test ends, its device and
    its orders are gone and its studies rejected. Raises Refused for a site that there is not.
    """
    clear_leftovers(store)
    device = new_device(store, site)
    with store.writing() as session:
        found = site_named(session, site)
        add_device(session, found, device.title, node=device.node)
        _note(session, device, "begun", device.title, who)
    checks, outcome = list[Check](), "broken-off"
    try:
        with listening(device):
            for check in run_checks(device):
                checks.append(check)
        outcome = "ok" if all(check.passed for check in checks) else "failed"
    finally:
        with store.writing() as session:
            clear(session, device_named(session, device.title))
            _note(session, device, outcome, f"{device.title}: {_said(checks)}", who)
    return checks, _sheet(device, found.label, checks)


def _note(session: Session, device: TestDevice, outcome: str, said: str, who: Mapping[str, str]) -> None:
    entry = audit.entry(ACT, f"site:{device.site}", outcome, site=device.site, detail=said, **who)
    audit.append(session, entry)


def _said(checks: Sequence[Check]) -> str:
    failed = [check.name for check in checks if not check.passed]
    passed = f"{len(checks) - len(failed)} of {len(checks)} passed"
    return f"{passed}; failed: {', '.join(failed)}" if failed else passed


def _sheet(device: TestDevice, label: str, checks: Sequence[Check]) -> Sheet:
    settings = device.store.settings
    lines = [SheetLine(one.name, one.passed, one.seen, one.milliseconds) for one in checks]
    return Sheet(
        settings.organisation, f"{label}（{device.site}）" if label != device.site else device.site,
        str(device.hub), device.title, __version__, datetime.now(settings.zone), lines,
    )  # fmt: skip
