"""The hub's errors: each says what was wrong and what may be done."""


class HubError(Exception):
    """Parent of everything the hub refuses or cannot do."""


class NotKept(HubError):
    """The bytes or their row could not be made durable; the sender should keep them and try again."""


class NotYours(HubError):
    """The thing does not exist for this user: it is another site's, or nobody's."""


class Refused(HubError):
    """The request is understood and not allowed; the message says why, for a person."""


class Changed(HubError):
    """What was shown is no longer true; `differences` names what changed."""

    def __init__(self, differences: tuple[str, ...]) -> None:
        super().__init__("changed since the page was loaded: " + ", ".join(differences))
        self.differences = differences


class SetupFault(HubError):
    """The hub cannot start as configured; the message names every fault at once."""
