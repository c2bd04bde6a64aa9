"""The operator's commands for the devices of a site: further titles, where they listen, what they read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from hub.options import Data, chosen_settings, group
from hub.settings import Settings

device = group("The devices of a township: further AE titles, and nodes that studies may be moved to.")

Node = Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Where it listens.")]
Charset = Annotated[
    str | None, typer.Option(help="'ISO_IR 192' (UTF-8) or GB18030, for what it is answered.")
]
Availability = Annotated[
    bool | None, typer.Option("--availability/--no-availability", help="Tell it when a study is available.")
]


@device.command("add")
def device_add(site: str, ae: str, node: Node = None, charset: Charset = None, data: Data = None) -> None:
    """Add a device AE of SITE; a running hub takes it on at once."""
    from hub.console import acting
    from hub.store.devices import add_device
    from hub.store.sites import site_named

    with acting(chosen_settings(data), "device-added", f"{site} {ae}") as session:
        add_device(session, site_named(session, site), ae, **_said(ae, node, charset))
    _print_devices(chosen_settings(data), ae)


@device.command("edit")
def device_edit(
    ae: str,
    node: Node = None,
    charset: Charset = None,
    availability: Availability = None,
    data: Data = None,
) -> None:
    """Change what is given of the device AE."""
    from hub.console import acting
    from hub.store.devices import device_named, edit_device

    with acting(chosen_settings(data), "device-edited", ae) as session:
        edit_device(device_named(session, ae), **_said(ae, node, charset, availability))
    _print_devices(chosen_settings(data), ae)


@device.command("close")
def device_close(ae: str, data: Data = None) -> None:
    """Take nothing more from the device AE, also where it is connected now; its studies stay."""
    _switch(ae, "device-closed", data, active=False)


@device.command("open")
def device_open(ae: str, data: Data = None) -> None:
    """Accept the closed device AE again."""
    _switch(ae, "device-opened", data, active=True)


def _switch(ae: str, act: str, data: Path | None, active: bool) -> None:
    from hub.console import acting
    from hub.store.devices import device_named, edit_device

    with acting(chosen_settings(data), act, ae) as session:
        edit_device(device_named(session, ae), active=active)
    _print_devices(chosen_settings(data), ae)


@device.command("list")
def device_list(data: Data = None) -> None:
    """Show every device with its site."""
    _print_devices(chosen_settings(data))


def _said(
    ae: str, node: str | None, charset: str | None, availability: bool | None = None
) -> dict[str, object]:
    from hub.store.sites import parse_return_node

    return {
        "node": parse_return_node(f"{ae}@{node}") if node else None,
        "character_set": charset, "wants_availability": availability,
    }  # fmt: skip


def _print_devices(settings: Settings, ae: str = "") -> None:
    lines = list(_lines(settings, ae))
    print("\n".join(lines) or "no devices yet: readhub device add SITE AET --node HOST:PORT")


def _lines(settings: Settings, ae: str) -> Iterator[str]:
    from hub.console import opened
    from hub.store.devices import devices_of, node_of
    from hub.store.sites import all_sites

    with opened(settings) as store, store.reading() as session:
        for site in all_sites(session):
            for one in devices_of(session, site.id):
                if ae in ("", one.ae_title):
                    where = f"listens at {node_of(one)}" if node_of(one) else "sends only"
                    told = "; told of available studies" if one.wants_availability else ""
                    closed = "" if one.active else "; closed"
                    yield f"{one.ae_title}; of {site.name}; {where}; reads {one.character_set}{told}{closed}"
