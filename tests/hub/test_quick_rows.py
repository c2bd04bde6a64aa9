"""The quick way of recording an arrival writes the very rows that the long way writes."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect, select

from hub.domain.arrival import Arrival, Origin, PatientFacts, StudyFacts
from hub.domain.person_name import ShownName
from hub.settings import Settings, read_settings
from hub.store import Store, arrivals, open_store, quick_rows, sites
from hub.store.moves import move_study
from hub.store.quick_rows import QuickRows
from hub.store.tables import Change, Errand, Instance, KeptAside, Patient, PreRead, Series, Study
from tests.plugins.store import DATABASES, lay_schema, settings_on

BEGAN = datetime(2026, 11, 1, 8, tzinfo=UTC)
TABLES = (Patient, Study, Series, Instance, KeptAside, Errand, Change, PreRead)
#: Instants of the clock, keys of files and new UIDs differ from run to run.
OF_THE_MOMENT = {"file_key", "due_at", "created_at", "at", "made_at", "sr_uid"}
FILM, CT = "1.2.840.10008.5.1.4.1.1.1.1", "1.2.840.10008.5.1.4.1.1.2"
#: Films are read by some model, and nothing else.
REACH = frozenset({FILM})


class LongWayOnly(QuickRows):
    """Leaves every arrival to the long way."""

    def write(self, *_given: object) -> bool:
        return False


@dataclass
class Hub:
    store: Store
    quick: QuickRows
    clock: datetime = BEGAN

    def arrive(self, sop: str, study: str = "1.2", site: str = "east", **said: object) -> str:
        facts = StudyFacts(study, f"{study}.1", "CT", "20261101", "080000", "Chest", "A1", 1, "Thin", "CHEST")
        patient = PatientFacts("P1", "", ShownName("张三"), b"", "19700101", "M")
        arrival = Arrival(
            FILM if said.get("modality") == "DX" else CT, sop, "1.2.840.10008.1.2.1",
            hashlib.sha256(f"{sop}{said.pop('body', '')}".encode()).hexdigest(), 5,
            replace(patient, **{k: v for k, v in said.items() if hasattr(patient, k)}),  # type: ignore[arg-type]
            replace(facts, **{k: v for k, v in said.items() if hasattr(facts, k)}),  # type: ignore[arg-type]
            number=len(sop), rows=int(str(said.get("rows", 512))),
        )  # fmt: skip
        self.clock += timedelta(seconds=1)
        origin = Origin(site, f"{site.upper()}1", "READHUB", self.clock, "10.0.0.1")
        with self.store.writing() as session:
            coming = arrivals.Coming(arrival, origin, self.store.vault.keep(sop.encode()))
            return arrivals.take(session.connection(), coming, self.quick)

    def settle(self) -> None:
        with self.store.writing() as session:
            for study in session.scalars(select(Study).where(Study.state == "arriving")):
                move_study(session, study, "arrival-settled")

    def rows(self) -> dict[str, list[dict[str, object]]]:
        with self.store.reading() as session:
            found = {
                table.__tablename__: [
                    _plain(row) for row in session.scalars(select(table).order_by(table.id))
                ]
                for table in TABLES
            }
        _number_anew(found)
        return found


def _number_anew(found: dict[str, list[dict[str, object]]]) -> None:
    """Count instances and errands without the numbers that PostgreSQL gives away to refused rows."""
    numbers = {row["id"]: number for number, row in enumerate(found["instance"], 1)}
    for row in found["instance"]:
        row["id"] = numbers[row["id"]]
    for row in found["pre_read"]:
        row["instance_id"] = numbers[row["instance_id"]]
    for row in found["errand"]:
        del row["id"]
        if row["kind"] in ("pre-read", "draw"):
            row["subject_id"] = numbers[row["subject_id"]]
            row["key"] = f"{row['kind']}:{row['subject_id']}"


def _plain(row: object) -> dict[str, object]:
    columns = inspect(type(row)).columns.keys()
    return {name: getattr(row, name) for name in columns if name not in OF_THE_MOMENT}


def hub(settings: Settings, quick: QuickRows) -> Hub:
    lay_schema(settings)
    store = open_store(settings)
    with store.writing() as session:
        sites.add_site(session, "east", "EAST1")
        sites.add_site(session, "west", "WEST1")
    return Hub(store, quick)


@contextmanager
def two_hubs(
    request: pytest.FixtureRequest, tmp_path: Path, first: QuickRows, second: QuickRows
) -> Iterator[tuple[Hub, Hub]]:
    """Give two new hubs on databases of the kind that the fixture's parameter names."""
    on = contextmanager(settings_on)
    with (
        on(request.param, request, data_dir=tmp_path / "first") as one,
        on(request.param, request, data_dir=tmp_path / "second") as other,
    ):
        hubs = hub(one, first), hub(other, second)
        yield hubs
        for each in hubs:
            each.store.close()


@pytest.fixture(params=DATABASES)
def both(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Hub, Hub]]:
    monkeypatch.setattr(quick_rows, "TOLD", timedelta(0))  # every arrival is told
    with two_hubs(request, tmp_path, QuickRows(REACH), LongWayOnly(REACH)) as hubs:
        yield hubs


def ordinary(hub: Hub) -> list[str]:
    """Two series and two more studies, one of a film, one without a number."""
    return [
        *(hub.arrive(f"1.2.3.{n}") for n in range(4)),
        *(hub.arrive(f"1.2.4.{n}", series_instance_uid="1.2.2") for n in range(3)),
        hub.arrive("1.3.1", "1.3", modality="DX"),
        hub.arrive("1.3.2", "1.3", modality="DX"),
        hub.arrive("1.4.1", "1.4", patient_id="", modality="ECG"),
        hub.arrive("1.2.3.9"),
    ]


def odd(hub: Hub) -> list[str]:
    """Re-sends, conflicts, a second person under one number, late images, a UID at two sites."""
    said = [hub.arrive("1.2.3.1"), hub.arrive("1.2.3.2"), hub.arrive("1.2.3.2")]
    said += [hub.arrive("1.2.3.2", body="other"), hub.arrive("1.2.3.1", site="west")]
    said += [hub.arrive("1.5.1", "1.5", sex="F"), hub.arrive("1.5.2", "1.5", sex="F")]
    hub.settle()
    said += [hub.arrive("1.2.3.7"), hub.arrive("1.2.3.8")]
    said += [hub.arrive("1.5.9", "1.5", "west", patient_id="P9"), hub.arrive("1.5.3", "1.5", sex="F")]
    said += [hub.arrive("1.2.3.6", patient_id="P2"), hub.arrive("1.2.3.5")]
    return said


def nameless(hub: Hub) -> list[str]:
    """Headers that say little of their patient, and later ones that say more."""
    said = [hub.arrive("1.6.1", "1.6", name=ShownName("")), hub.arrive("1.6.2", "1.6", name=ShownName(""))]
    said += [hub.arrive("1.6.3", "1.6"), hub.arrive("1.6.4", "1.6")]
    said += [hub.arrive("1.7.1", "1.7", patient_id="P7", birth_date="", sex="")]
    said += [hub.arrive("1.8.1", "1.8", patient_id="P7"), hub.arrive("1.8.2", "1.8", patient_id="P7")]
    blank = {"patient_id": "P7", "name": ShownName(""), "birth_date": "", "sex": ""}
    said += [hub.arrive("1.9.1", "1.9", **blank), hub.arrive("1.10.1", "1.10", **blank)]
    said += [hub.arrive("1.11.1", "1.11", patient_id="P7", name=ShownName("王五"), birth_date="19800101")]
    return said


@pytest.mark.parametrize("story", [ordinary, odd, nameless])
def test_both_ways_write_the_same_rows(both: tuple[Hub, Hub], story) -> None:  # type: ignore[no-untyped-def]
    quick, long = both
    assert story(quick) == story(long)
    assert quick.rows() == long.rows()


def test_of_a_picture_beyond_every_model_it_is_said_at_once_that_none_reads_it(both: tuple[Hub, Hub]) -> None:
    for one in both:
        one.arrive("1.2.3.1")
        one.arrive("1.2.3.2")
        one.arrive("1.3.1", "1.3", modality="DX")
        one.arrive("1.4.1", "1.4", modality="SR", rows=0)
        (said,) = one.rows()["pre_read"]
        assert (said["study_id"], said["assessed"], said["reason"]) == (1, False, "out-of-scope:modality")


def test_without_a_word_of_what_the_models_read_nothing_is_said_at_once(tmp_path: Path) -> None:
    unsure = hub(read_settings(data_dir=tmp_path), QuickRows())
    unsure.arrive("1.2.3.1")
    assert unsure.rows()["pre_read"] == []


def test_the_ordinary_is_quick(both: tuple[Hub, Hub]) -> None:
    """Of eleven ordinary arrivals only a second series of a study takes the long way."""
    quick, _ = both
    taken = []
    write = quick.quick.write
    quick.quick.write = lambda *given: taken.append(write(*given)) or taken[-1]  # type: ignore[method-assign]
    ordinary(quick)
    assert taken.count(False) == 1


def test_a_place_remembered_from_a_transaction_that_failed_is_not_believed(both: tuple[Hub, Hub]) -> None:
    quick, _ = both

    class Broken(Exception):
        pass

    write = quick.store.writing
    with pytest.raises(Broken), write() as session:
        quick.store.writing = lambda: _Nested(session)  # type: ignore[method-assign,assignment]
        quick.arrive("1.2.3.1")
        raise Broken
    quick.store.writing = write  # type: ignore[method-assign]
    assert quick.arrive("1.9.1", "1.9") == "kept"
    assert quick.arrive("1.2.3.2") == "kept"
    rows = quick.rows()
    assert [(row["study_instance_uid"], row["instances"]) for row in rows["study"]] == [
        ("1.9", 1),
        ("1.2", 1),
    ]


class _Nested:
    def __init__(self, session: object) -> None:
        self._session = session

    def __enter__(self) -> object:
        return self._session

    def __exit__(self, *_error: object) -> None:
        pass


def test_a_clock_that_jumps_back_takes_nothing_from_a_study(both: tuple[Hub, Hub]) -> None:
    for one in both:
        one.arrive("1.2.3.1")
        one.clock -= timedelta(hours=3)
        assert [one.arrive(f"1.2.3.{n}") for n in (2, 3)] == ["kept", "kept"]
    quick, long = (one.rows() for one in both)
    assert quick == long
    (study,) = quick["study"]
    assert (study["instances"], study["last_instance_at"]) == (3, BEGAN + timedelta(seconds=1))


def test_of_a_growing_study_pages_hear_twice_a_second_and_its_settling_is_put_off_as_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instant = [BEGAN]
    monkeypatch.setattr(quick_rows, "now", lambda: instant[0])
    one = hub(read_settings(data_dir=tmp_path), QuickRows())
    due = []
    for number, tenths in enumerate((0, 1, 4, 1, 4, 6, -90)):
        instant[0] += timedelta(seconds=tenths / 10)
        one.arrive(f"1.2.3.{number}")
        with one.store.reading() as session:
            (errand,) = session.scalars(select(Errand))
            due.append((errand.due_at - BEGAN).total_seconds())
    rows = one.rows()
    assert [row["instances"] for row in rows["study"]] == [7]
    assert len(rows["change"]) == 5, "the first, the second, then once in half a second, and after a jump"
    assert [round(later - due[0], 1) for later in due] == [0, 0.1, 0.1, 0.6, 0.6, 1.6, -7.4]
    one.store.close()
