"""Whether a peer calls from where it may."""

import ipaddress
import socket

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def comes_from(address: str, allowed: str) -> bool:
    """Tell whether a peer's `address` is the `allowed` one: an address, a network or a host's name."""
    peer = plain_address(address)
    try:
        return peer in ipaddress.ip_network(allowed, strict=False)
    except ValueError:
        return peer in _resolved(allowed)


def plain_address(address: str) -> Address:
    """Return the address, an IPv4 one also where it came over an IPv6 socket."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    return mapped or parsed


def _resolved(host: str) -> set[Address]:
    try:
        return {plain_address(str(entry[4][0])) for entry in socket.getaddrinfo(host, None)}
    except OSError:
        return set()
