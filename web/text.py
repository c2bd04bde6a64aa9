"""Text as scripts send it, made fit to be kept."""


def clean(text: str) -> str:
    """Return `text` without what no database keeps: NUL, and halves of characters; lines end in LF."""
    whole = text.encode("utf-8", "replace").decode()
    return whole.replace("\0", "").replace("\r\n", "\n")
