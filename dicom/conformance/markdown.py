"""The few forms of Markdown that a statement is made of."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; a bar inside a cell is written so that it stays one."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines)


def section(title: str, *parts: str, level: int = 2) -> str:
    """Return a headed section of paragraphs and tables."""
    return f"{'#' * level} {title}\n\n" + "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
