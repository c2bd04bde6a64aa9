"""A critical value (危急值) of which the sending site is told before any report is signed."""

from hub.errors import Refused

LONGEST_WORDS = 200


def checked_words(words: str) -> str:
    """Return what is told, trimmed. Raises Refused where it says nothing or too much."""
    told = " ".join(words.split())
    if not told:
        raise Refused("a critical notice says what was found")
    if len(told) > LONGEST_WORDS:
        raise Refused("a critical notice has at most %(most)s characters", most=LONGEST_WORDS)
    return told
