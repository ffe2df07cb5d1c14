"""A closed network: tests may talk to this machine only, so their results depend on nothing else.

Python's audit events see every connection of this process, whichever library makes it. Child
processes are not seen: tests that start one give it nothing to fetch.
"""

import ipaddress
import sys

asked_for: list[str] = []
_state = {"closed": False}


def close_the_network() -> None:
    """Refuse every connection and name look-up that leaves this machine, from now on."""
    if not _state["closed"]:
        _state["closed"] = True
        sys.addaudithook(_refuse)


def stays_here(host: object) -> bool:
    """Whether a host is this machine: loopback, a local name, or no host at all."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str) or host in ("", "localhost", "testserver"):
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    host = _host(event, arguments)
    if host is not None and not stays_here(host):
        asked_for.append(str(host))
        raise PermissionError(f"tests have no network: {event} to {host}")


def _host(event: str, arguments: tuple[object, ...]) -> object:
    """The host that an audit event is about, None where it is about none."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        return arguments[0]
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]  # a path for Unix sockets, (host, port, …) for the internet's
        return address[0] if isinstance(address, tuple) and address else None
    return None
