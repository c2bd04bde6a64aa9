"""A whole self-test: the device, its checks, and the sheet."""

from datetime import datetime

from dicom.selftest.checks import Check, run_checks
from dicom.selftest.device import test_device
from hub import __version__
from hub.report.selftest_sheet import Sheet, SheetLine, sheet_pdf
from hub.store import Store
from hub.store.sites import site_named


def run_selftest(store: Store, site: str) -> tuple[list[Check], bytes]:
    """Try the line of `site` against the running hub of `store`; return the checks and the sheet as PDF.

    Raises Refused for a site that there is not, and FontsMissing where the sheet cannot be printed.
    """
    with store.reading() as session:
        label = site_named(session, site).label
    with test_device(store, site) as device:
        checks = list(run_checks(device))
    settings = store.settings
    lines = [SheetLine(one.name, one.passed, one.seen, one.milliseconds) for one in checks]
    sheet = Sheet(
        settings.organisation, f"{label}（{site}）" if label != site else site, str(device.hub), device.title,
        __version__, datetime.now(settings.zone), lines,
    )  # fmt: skip
    return checks, sheet_pdf(sheet)
