"""The guard on the network must itself be able to fail a test."""

import socket

import pytest

from tests import network


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_connecting_outside_is_refused(address: str) -> None:
    """A connection to a documentation address is refused before a packet leaves."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as outside, pytest.raises(PermissionError, match="no network"):
        outside.connect((address, 9))
    assert network.asked_for == [address]
    network.asked_for.clear()


def test_looking_up_a_name_is_refused() -> None:
    """Names of other machines are not looked up."""
    with pytest.raises(PermissionError, match="no network"):
        socket.getaddrinfo("archive.example", 80)
    assert network.asked_for == ["archive.example"]
    network.asked_for.clear()


def test_loopback_is_open() -> None:
    """A server on this machine can be reached."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
    assert network.asked_for == []
