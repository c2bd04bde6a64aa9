"""A doctor who signs some of the studies as soon as they are ready, while parts of the hub are killed."""

import threading
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from hub.domain.report import ReportText
from hub.errors import HubError
from hub.store import Store
from hub.store.cases import case_for
from hub.store.signing import Wish, shown_of, sign, token_of
from hub.store.signing_case import Beside
from hub.store.tables import Study, User
from hub.store.users import scope_of

#: One study of so many is signed.
EVERY = 4


@dataclass
class Doctor(threading.Thread):
    """Signs every fourth study of the list, each once, until told to stop."""

    store: Store
    username: str
    signed: dict[int, int] = field(default_factory=dict)
    daemon = True

    def __post_init__(self) -> None:
        super().__init__()
        self._told = threading.Event()

    def __hash__(self) -> int:
        return id(self)

    def stop(self) -> None:
        """Sign what is left, then end."""
        self._told.set()
        self.join(60)

    def run(self) -> None:
        """Look at the list twice a second."""
        while True:
            last = self._told.is_set()
            for study_id in self._ready():
                self._sign(study_id)
            if last:
                return
            self._told.wait(0.5)

    def _ready(self) -> list[int]:
        asked = select(Study.id).where(Study.state == "ready", Study.id % EVERY == 0)
        with self.store.reading() as session:
            return list(session.scalars(asked))

    def _sign(self, study_id: int) -> None:
        """Sign what is shown now; whatever changed meanwhile is looked at again."""
        try:
            with self.store.reading() as session:
                user = session.scalars(select(User).where(User.username == self.username)).one()
                scope = scope_of(session, user)
                token = token_of(shown_of(session, case_for(session, scope, study_id)))
            text = ReportText("两肺清晰。", f"第 {study_id} 号未见异常。")
            beside = Beside({"normal": "these films are here to be signed"})
            signed = sign(self.store, Wish(user.id, scope, study_id, token, text, beside=beside))
        except (HubError, OperationalError):
            return
        self.signed[study_id] = signed.report_id
