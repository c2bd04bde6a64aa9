"""The scope test of the film models: header and pixels must both allow the picture, and agree."""

from ai_models.scope.gate import part_chances, shown_part, shows_enough
from ai_models.scope.header import SECONDARY_CAPTURE, named_part, refuse_header, says_lateral
from ai_models.scope.sanity import refuse_pixels
from ai_models.subjects import Picture

CHEST = "chest"
BONE = "bone"
#: What the pixels can show that no model reads, and the reason then given.
NO_FILM = {
    "inverted": "out-of-scope:inverted",
    "turned": "out-of-scope:turned",
    "cropped": "out-of-scope:cropped",
    "other": "out-of-scope:picture",
}


def refuse_picture(picture: Picture, wanted: str) -> str:
    """Return why `picture` is not a film of the `wanted` part (a reason key), or ""."""
    reason = refuse_header(picture.facts) or picture.once(refuse_pixels)
    if reason:
        return reason
    named = named_part(picture.facts)
    if named not in ("", wanted):
        return "out-of-scope:body-part"
    if wanted == CHEST and named == CHEST and says_lateral(picture.facts):
        return "out-of-scope:lateral-chest"
    if picture.facts.sop_class_uid == SECONDARY_CAPTURE:
        named = ""  # anything can be captured under any name: the pixels must show the part themselves
    chances = picture.once(part_chances)
    reason = _pixels_agree(shown_part(chances), named, wanted)
    return reason or ("" if shows_enough(chances, wanted) else "out-of-scope:picture")


def _pixels_agree(shown: str, named: str, wanted: str) -> str:
    """Let the pixels speak where the header is silent, and object where it is wrong."""
    if shown == wanted:
        return ""
    if shown in NO_FILM:
        return NO_FILM[shown]
    if shown == "":
        return "" if named == wanted else "out-of-scope:unknown-part"
    return "out-of-scope:contradiction" if named == wanted else "out-of-scope:body-part"
