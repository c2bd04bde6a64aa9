"""What counts as one view of a study's pictures."""

from hub.store import audit, sessions
from hub.store.tables import Study
from web.access import entry, person, the_store

#: Frames of one study fetched within this time of opening it belong to that one view.
PAGE_LOAD_MINUTES = 30


def note_pictures(study: Study) -> None:
    """Write the audit row for looking at a study's pictures, before the first of them is sent.

    One view is: a case opened (its own row), or a study's frames, rendered pictures or thumbnails fetched
    without that, once per log-in and PAGE_LOAD_MINUTES. Metadata and whole instances have rows of their own
    for every request.
    """
    who = person()
    if sessions.has_viewed(who.login, study.id, PAGE_LOAD_MINUTES):
        return  # nothing to write for the other frames of a loop
    with the_store().writing() as session:
        if sessions.first_view(session, who.login.id, study.id, PAGE_LOAD_MINUTES):
            row = entry("view", f"study:{study.id}", site=study.site.name, detail="pictures")
            audit.append(session, row)
