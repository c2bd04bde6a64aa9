"""Which case follows: that of the worklist, or of a screening campaign whose studies are read one by one."""

from flask import request
from sqlalchemy.orm import Session

from hub.store.campaigns import campaign_for
from hub.store.cases import next_case
from hub.store.screening import next_single
from hub.store.tables import Study
from web.access import Person

MOST_DIGITS = 9


def campaign_asked() -> int | None:
    """Return the campaign that the page's address names, if it names one."""
    said = request.args.get("campaign", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) <= MOST_DIGITS else None


def following(session: Session, who: Person, study: Study) -> str | None:
    """Return the address of the case after `study`; None where there is none. Raises NotYours."""
    asked = campaign_asked()
    if asked is None or not who.may("screening"):
        found = next_case(session, who.scope, who, study)
        return f"/studies/{found}" if found else None
    campaign = campaign_for(session, who.scope, asked)
    found = next_single(session, who.scope, campaign, who.id, study)
    return f"/studies/{found}?campaign={asked}" if found else None
