"""The statement as a whole."""

from collections.abc import Sequence

from dicom.conformance import attributes, limits, services
from dicom.conformance.markdown import section

HEAD = """\
# DICOM conformance statement

`readhub conformance` writes this page from the tables that the code itself works by; a test compares the two.
What each service does with what it is asked is told in
[The DICOM services beside storage](dicom-services.md).
"""


def statement(web: Sequence[str]) -> str:
    """Return the conformance statement; `web` are the sections of the web services."""
    parts = [
        HEAD,
        services.overview(),
        limits.entity(),
        services.contexts(),
        services.levels(),
        attributes.query(),
        attributes.worklist(),
        attributes.steps(),
        attributes.rejections(),
        *web,
        services.answers(),
        limits.settings(),
        limits.limits(),
        attributes.character_sets(),
        limits.security(),
        section("Media storage", "None: the hub writes no file-sets (PS3.10, PS3.11)."),
        services.storage_classes(),
    ]
    return "\n".join(parts)
