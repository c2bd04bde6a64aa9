"""The operator's command groups: sites, users and the audit trail."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from hub.errors import Refused
from hub.options import Data, chosen_settings, group

# The database is imported inside each command: help and wrong usage must answer at once.

site = group("The townships that send here.")
user = group("The accounts.")
audit = group("The audit trail.")

Address = Annotated[str | None, typer.Option(help="The only address its devices call from.")]
Return = Annotated[str | None, typer.Option("--return", metavar="AET@HOST:PORT", help="Where reports go.")]


@site.command("add")
def site_add(
    name: str,
    ae: Annotated[str, typer.Option(help="The AE title its devices call with.")],
    address: Address = None,
    back: Return = None,
    data: Data = None,
) -> None:
    """Add a township; a running hub takes it on at once."""
    from hub.console import add_site
    from hub.store.sites import parse_return_node

    node = parse_return_node(back) if back else None
    print(add_site(chosen_settings(data), name, ae, address=address, return_node=node))


@site.command("edit")
def site_edit(
    name: str,
    ae: Annotated[str | None, typer.Option(help="The AE title its devices call with.")] = None,
    address: Address = None,
    back: Return = None,
    data: Data = None,
) -> None:
    """Change what is given of a township."""
    from hub.console import edit_site
    from hub.store.sites import parse_return_node

    node = parse_return_node(back) if back else None
    print(edit_site(chosen_settings(data), name, ae_title=ae, address=address, return_node=node))


@site.command("bind")
def site_bind(
    name: str,
    certificate: Annotated[str, typer.Argument(help="Its PEM file, its SHA-256 fingerprint, or none.")],
    data: Data = None,
) -> None:
    """Accept a township only over TLS with this client certificate."""
    from hub.console import bind_site

    path = Path(certificate)
    text = path.read_text("utf-8", "replace") if path.is_file() else certificate
    print(bind_site(chosen_settings(data), name, text))


@site.command("list")
def site_list(data: Data = None) -> None:
    """Show every township."""
    from hub.console import list_sites

    _print_lines(list_sites(chosen_settings(data)), "no sites yet: readhub site add NAME --ae AET")


@user.command("add")
def user_add(
    name: str,
    role: Annotated[str, typer.Option(help="township, reader, reviewer, ecg, expert or admin.")],
    sites: Annotated[list[str] | None, typer.Option("--site", help="A site it may see; repeatable.")] = None,
    title: Annotated[
        str, typer.Option(help="resident, junior, intermediate, associate or senior.")
    ] = "intermediate",
    data: Data = None,
) -> None:
    """Add an account; its password is read from standard input."""
    from hub.console import add_user

    print(add_user(chosen_settings(data), name, role, _password(), sites or (), title=title))


@user.command("list")
def user_list(data: Data = None) -> None:
    """Show every account."""
    from hub.console import list_users

    _print_lines(list_users(chosen_settings(data)), "no accounts yet: readhub user add NAME --role ROLE")


@user.command("passwd")
def user_passwd(name: str, data: Data = None) -> None:
    """Change a password, read from standard input; open sessions end."""
    from hub.console import change_password

    print(change_password(chosen_settings(data), name, _password()))


def _password() -> str:
    if sys.stdin.isatty():
        import getpass

        return getpass.getpass()
    try:
        password = sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise Refused("the password on standard input is no UTF-8 text") from None
    if not password:
        raise Refused("no password came on standard input")
    return password


def _print_lines(lines: list[str], otherwise: str) -> None:
    print("\n".join(lines) or otherwise)


@audit.command("verify")
def audit_verify(data: Data = None) -> None:
    """Find an altered, deleted or reordered row; exit status 1 where there is one."""
    from hub.console import verify_audit

    print(verify_audit(chosen_settings(data)))
