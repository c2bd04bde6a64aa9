"""The demo hub's townships and people: plainly invented, with random passwords kept in one private file."""

import json
import os
import secrets
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.errors import Refused
from hub.settings import Settings
from hub.store import Store
from hub.store.sites import ReturnNode, add_site
from hub.store.tables import Site, User
from hub.store.users import add_user

ACCOUNTS_FILE = "demo-accounts.json"

#: The township receiver's AE title; its port is the hub's DICOM port plus one.
TOWNSHIP_AE = "TOWNSHIP"

#: Site name, label, AE title, line factor (3 for a thin 4G line).
SITES = (
    ("qingshan", "青山镇卫生院", "CLINIC1", 1.0),
    ("baihe", "白河乡卫生院", "CLINIC2", 1.0),
    ("shuanglong", "双龙镇卫生院", "CLINIC3", 3.0),
)

#: Username, shown name, role, sites (none: all of them), licence number.
PEOPLE = (
    ("reader", "林晓芸", "reader", (), "DEMO-110001"),
    ("reviewer", "周建国", "reviewer", (), "DEMO-110002"),
    ("ecg", "何静", "ecg", (), "DEMO-110003"),
    ("expert", "欧阳明", "expert", (), "DEMO-110004"),
    ("admin", "系统管理员", "admin", (), ""),
    ("qingshan", "青山镇 王医生", "township", ("qingshan",), ""),
    ("baihe", "白河乡 赵医生", "township", ("baihe",), ""),
    ("shuanglong", "双龙镇 孙医生", "township", ("shuanglong",), ""),
)


def township_address(settings: Settings) -> tuple[str, int]:
    """Return where the demo township's receiver listens."""
    host, port = settings.dicom_address
    return host, port + 1


def accounts_path(settings: Settings) -> Path:
    """Return the file that holds the demo accounts."""
    return settings.data_dir / ACCOUNTS_FILE


def prepare_demo(store: Store) -> list[dict[str, object]]:
    """Make the demo's sites and accounts once and return the accounts; later calls read the file.

    Raises Refused outside demo mode, and where a hub with sites of its own would be turned into a demo.
    """
    settings = store.settings
    if not settings.demo:
        raise Refused("demo accounts exist only in demo mode: start with `readhub up --demo`")
    accounts = _accounts(accounts_path(settings))
    with store.writing() as session:
        if session.scalar(select(User.id).limit(1)) is None:
            _refuse_a_real_hub(session, settings)
            _add_everyone(session, accounts, settings)
    return accounts


def read_accounts(settings: Settings) -> list[dict[str, object]]:
    """Return the demo's accounts as they were made."""
    return _accounts(accounts_path(settings))


def _accounts(path: Path) -> list[dict[str, object]]:
    """The file comes before the rows: a crash in between leaves passwords that the next start uses."""
    if not path.exists():
        invented = [_account(*person) for person in PEOPLE]
        _write_private(path.with_suffix(".new"), json.dumps(invented, ensure_ascii=False, indent=2))
        os.replace(path.with_suffix(".new"), path)
    accounts: list[dict[str, object]] = json.loads(path.read_text(encoding="utf-8"))
    return accounts


def _refuse_a_real_hub(session: Session, settings: Settings) -> None:
    if session.scalar(select(Site.id).limit(1)) is not None:
        raise Refused(f"{settings.data_dir} is a hub with sites of its own; give the demo another --data")


def _add_everyone(session: Session, accounts: list[dict[str, object]], settings: Settings) -> None:
    host, port = township_address(settings)
    for name, label, ae_title, factor in SITES:
        node = ReturnNode(TOWNSHIP_AE, host, port)
        add_site(session, name, ae_title, label=label, address=host, return_node=node, quiet_factor=factor)
    for (username, shown, role, sites, licence), account in zip(PEOPLE, accounts, strict=True):
        password = str(account["password"])
        add_user(session, username, role, password, sites, display_name=shown, licence=licence)


def _account(
    username: str, shown: str, role: str, sites: tuple[str, ...], _licence: str
) -> dict[str, object]:
    password = secrets.token_urlsafe(12)
    return {"username": username, "password": password, "role": role, "sites": list(sites)}


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
