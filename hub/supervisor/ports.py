"""Whether an address can be listened on."""

import socket

from hub.errors import SetupFault


def need_free(host: str, port: int, purpose: str) -> None:
    """Raise SetupFault where `purpose` cannot listen on `host`:`port`, saying why."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            reason = (error.strerror or "refused").lower()
            raise SetupFault(
                f"{purpose} cannot listen on {host}:{port}: {reason}; name another one"
            ) from None
