"""Saved marks become objects of their own: made once for each saved state, the last one only."""

import pytest

from dicom.load import load_dataset
from hub.domain.mark import KeyImage, Mark, Value
from hub.domain.scope import HUB
from hub.store import errands, users
from hub.store.markings import Drawn, save_marks
from hub.store.tables import Errand, MadeObject, Study, User
from workers.desk import Desk, run_errand
from workers.errands import errand_kinds

LINE = Mark("m1", "length", "1.2.3", 1, ((1, 2), (3, 4)), values=(Value("length", 2.8, "mm"),))


@pytest.fixture
def draw(store, arrive):
    arrive()
    with store.writing() as session:
        users.add_user(session, "li", "reader", "a long enough password", display_name="李")

    def save(base, *marks):
        with store.writing() as session:
            study = session.query(Study).one()
            user = session.query(User).filter_by(username="li").one()
            drawn = Drawn(base, marks, (KeyImage("1.2.3", 1),))
            save_marks(session, HUB, study.id, user, drawn)
            return session.query(Errand).filter_by(kind="write-marks").one().id

    return save


def test_the_last_state_becomes_an_sr_and_a_selection_once(store, settings, draw):
    draw(0, LINE)
    errand = draw(1, LINE, Mark("m2", "arrow", "1.2.3", 1, ((5, 6), (7, 8)), "结节"))
    for _ in range(2):
        with store.writing() as session:
            errands.put_off(session, "write-marks", 1, 0)
        run_errand(Desk(settings), errand, errand_kinds())
    with store.reading() as session:
        made = {row.kind: store.vault.path(row.file_key) for row in session.query(MadeObject)}
    assert set(made) == {"marks-sr", "key-images"}
    assert load_dataset(made["marks-sr"]).InstanceNumber == 2
