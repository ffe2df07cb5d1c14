"""The doors of the site: each says what it asks before it lets anybody in; there is no other way in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import BaseRoute, Match
from starlette.types import Message, Receive, Scope, Send

from oais.errors import RefusedError, UnauthenticatedError
from oais.web.addresses import address_of, prefix_of
from oais.web.bodies import read_again, read_body
from oais.web.cookies import handing_out_cookies
from oais.web.forms import check_intent
from oais.web.limits import check_guess, check_rate, enter_builders
from oais.web.visitors import Visitor, known_visitor, visitor_of, was_counted
from policies.access import Action
from policies.principals import Duty, may

API: Final = "/api/"
"""Where the programs' doors lie: they take and give JSON, pages take forms."""

API_VERSION: Final = "1.0.0"
"""Of the API: the first number is that of its address, and grows when a program would have to change."""

LARGEST_BODY: Final = 256 << 10
"""Bytes of a form or of JSON; who sends files sends them to a door that streams."""

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""What changes nothing (RFC 9110 §9.2.1)."""


class Public(StrEnum):
    """What a door asks that shows nothing of the holdings and nothing of anybody."""

    NOTHING = "nothing protected"


@dataclass(frozen=True, slots=True)
class Door:
    """One address, what answers there, and the strongest thing it asks about.

    A ``Duty`` is asked here, before anything of the request's body is read; an ``Action`` is asked by the
    endpoint of each object it shows. The body of a door that ``streams`` is read by its endpoint alone, which
    then also calls ``check_token`` when it takes forms. ``at_once`` is how many requests the turnstile before
    its fixed path lets in at a time (0: any number), ``waiting`` how many more wait for room. A door that
    ``builds`` reads many packages before it answers what an address names; there reading is limited too. One
    that ``reckons`` may be long over a question: as many are in at a time, but they may come as often as to
    any page.
    Every answer ``tells`` these headers, also one that refuses.
    """

    path: str
    endpoint: Callable[..., Any]
    asks: Action | Duty | Public
    methods: tuple[str, ...] = ("GET",)
    streams: bool = False
    at_once: int = 0
    waiting: int = 0
    builds: bool = False
    reckons: bool = False
    tells: tuple[tuple[str, str], ...] = ()

    @property
    def for_programs(self) -> bool:
        """Whether the door takes and gives JSON."""
        return self.path.startswith(API)

    @property
    def answers_to(self) -> tuple[str, ...]:
        """The methods; HEAD comes with GET."""
        return (*self.methods, "HEAD") if "GET" in self.methods else self.methods


class DoorRoute(APIRoute):
    """The route of a door: it asks who comes, whether he may, and what he brings, then lets him in."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self._beginning = door.path.partition("{")[0]
        super().__init__(
            door.path,
            door.endpoint,
            methods=list(door.answers_to),
            response_model=None,
            include_in_schema=door.for_programs,
        )

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether a request is for this door; most are told apart by how their address begins."""
        if not scope.get("root_path") and not scope["path"].startswith(self._beginning):
            return Match.NONE, {}
        return super().matches(scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask, and let in who may come; to another method than those of the door the answer is 405."""
        if scope["method"] not in self.door.answers_to:
            await super().handle(scope, receive, send)
            return
        request = Request(scope, receive)
        receive = await _admitted(request, self.door)
        send = handing_out_cookies(request, send)
        costly = self.door.builds or self.door.reckons
        if not costly or not (request.query_params or request.path_params):
            await super().handle(scope, receive, send)
            return
        leave = enter_builders(request, _asker(request), counted=self.door.builds)
        try:
            await super().handle(scope, receive, _leaving_at_start(send, leave))
        finally:
            leave()


@contextmanager
def counted_in(request: Request) -> Iterator[None]:
    """Count a request among what is prepared as long as it lasts; raises BusyError where those are too many.

    For work of an endpoint that is none for the whole door: behind a body that is still to come, or in one
    form of an answer.
    """
    leave = enter_builders(request, _asker(request), counted=False)
    try:
        yield
    finally:
        leave()


def _leaving_at_start(send: Send, leave: Callable[[], None]) -> Send:
    """Return what sends, and gives the place up once an answer begins: a slow reader keeps nobody out."""

    async def leaving(message: Message) -> None:
        if message["type"] == "http.response.start":
            leave()
        await send(message)

    return leaving


def _asker(request: Request) -> str:
    """Return by what requests of one asker are counted together: his account, or his household's address."""
    known = known_visitor(request)
    return (known.principal.identifier if known else "") or prefix_of(address_of(request))


def told_at(scope: Scope) -> tuple[tuple[str, str], ...]:
    """Return the headers that the door tells to which a request was led; before it came to one, none."""
    route = scope.get("route")
    return route.door.tells if isinstance(route, DoorRoute) else ()


async def _admitted(request: Request, door: Door) -> Receive:
    """Return what the endpoint receives when the door lets the request in; raises ArchiveError when not."""
    changes = request.method not in SAFE_METHODS
    if changes or not isinstance(door.asks, Public):
        visitor = await _recognised(request, counted=changes or door.for_programs)
        _check_duty(visitor, door.asks)
    if not changes or door.streams:
        return request.receive
    body = await read_body(request, LARGEST_BODY, json=door.for_programs)
    await run_in_threadpool(check_intent, request, form=not door.for_programs)
    return read_again(body, request.receive)


async def _recognised(request: Request, *, counted: bool) -> Visitor:
    """Return who asks; wrong guesses are counted once, and where asked for every request."""
    try:
        visitor = await run_in_threadpool(visitor_of, request)
    except UnauthenticatedError:
        if not was_counted(request):
            check_guess(request)
        raise
    if counted:
        check_rate(request, _asker(request))
    return visitor


def _check_duty(visitor: Visitor, asks: Action | Duty | Public) -> None:
    """Raise when the door asks a duty that the visitor may not do."""
    if not isinstance(asks, Duty) or may(visitor.principal, asks):
        return
    if not visitor.principal.identifier:
        raise UnauthenticatedError(f"only who is logged in may {asks}", remedy="log in and come back")
    raise RefusedError(
        f"your account may not {asks}", remedy="ask an administrator of the archive for the right to"
    )


def undeclared(routes: Iterable[BaseRoute]) -> list[str]:
    """Return the paths of routes that are no doors."""
    return [getattr(route, "path", repr(route)) for route in routes if not isinstance(route, DoorRoute)]
