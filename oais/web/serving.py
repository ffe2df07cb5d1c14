"""Runs the site on one address: binds first, so that the address announced is the one that answers."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace

import uvicorn
from starlette.types import ASGIApp

from oais.archive import Archive
from oais.errors import WrongUsageError
from oais.functions.access.warming import warm
from oais.functions.clock import forward_clock
from oais.web.app import create_app
from oais.web.collecting import short_collections
from oais.web.connections import ACCEPTED_AT_ONCE, SLOWEST_HEAD, PromptProtocol, room_for_connections

LONGEST_GOODBYE = 30
"""Seconds that downloads under way have to come to their end when the site is asked to end."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a site is going to answer: from now on nobody else does."""

    socket: socket.socket
    address: str

    def close(self) -> None:
        """Leave it to others."""
        self.socket.close()


def take_place(host: str, port: int) -> Place:
    """Take a place for a site; ``port`` 0 takes a free one. Raises WrongUsageError when it is taken."""
    listening = _listen(host, port)
    return Place(listening, f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}")


def serve_site(archive: Archive, place: Place, *, announce: Callable[[str], None]) -> None:
    """Serve at a place until interrupted, and leave it.

    Links are made from the configured address; where none is configured, from the one served. Raises
    ConfigurationError when the clock stands before what the ledger already tells.
    """
    with closing(place):
        _serve(archive, place, announce)


def _serve(archive: Archive, place: Place, announce: Callable[[str], None]) -> None:
    archive = replace(archive, clock=forward_clock(archive))
    archive = replace(archive, settings=archive.settings.reached_at(place.address))
    app = create_app(archive)
    config = server_config(app)
    PromptProtocol.room = room_for_connections()
    announce(place.address)
    with short_collections():
        warm(app.state.site.access)
        uvicorn.Server(config).run(sockets=[place.socket])


def server_config(app: ASGIApp, protocol: type[PromptProtocol] = PromptProtocol) -> uvicorn.Config:
    """Return how the site is served.

    What a proxy tells of its clients is read by ``oais.web.addresses`` alone, which knows whom to believe;
    and what strangers send that is no HTTP is their fault and does not fill our log.
    """
    return uvicorn.Config(
        app,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http=protocol,
        ws="none",
        backlog=ACCEPTED_AT_ONCE,
        timeout_keep_alive=int(SLOWEST_HEAD),
        timeout_graceful_shutdown=LONGEST_GOODBYE,
        h11_max_incomplete_event_size=64 << 10,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only where the protocol is named does asyncio send small answers at once; else each waits 40 ms
    # for the reader's acknowledgement of its head.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise WrongUsageError(
            f"cannot listen on {host} port {port}: {error.strerror}",
            remedy="name another with --port; 0 takes a free one",
        ) from error
    return listening
