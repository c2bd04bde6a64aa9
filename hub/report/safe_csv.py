"""A table as CSV that a spreadsheet opens as it is, with no cell that is taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

#: What makes a spreadsheet read a cell as a formula, or look for one behind it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return the table with its head, lines ended by CR LF (RFC 4180), beginning with the UTF-8 mark."""
    kept = io.StringIO()
    written = csv.writer(kept)
    written.writerow([_safe(cell) for cell in head])
    written.writerows([_safe(cell) for cell in row] for row in rows)
    return "\ufeff".encode() + kept.getvalue().encode("utf-8", "replace")


def _safe(cell: object) -> str:
    """Quote what would be a formula, also behind spaces and for each line of a cell."""
    text = "" if cell is None else str(cell).replace("\r\n", "\n").replace("\0", "")
    return "'" + text if text.lstrip(" \n").startswith(FORMULA) else text
