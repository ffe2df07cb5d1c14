"""The gate before every page: known hosts, sane addresses, headers on every answer, no stack ever shown."""

from __future__ import annotations

import logging
import re
import secrets
from asyncio import CancelledError
from collections.abc import Callable, Collection
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oais.errors import ArchiveError, NotFoundError, WrongUsageError
from oais.web.doors import told_at

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of every page."""

SECURITY_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Sent with every answer that does not set its own."""

LONGEST_PATH = 4096
LONGEST_QUERY = 8192
MOST_PARAMETERS = 160
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NEVER_IN_PATHS = (b"%2e", b"%2f", b"%5c", b"%00", b"\\", b";")
_log = logging.getLogger("oais.web")

ErrorPage = Callable[[Request, ArchiveError], Response]


class MisdirectedError(WrongUsageError):
    """The request names a host that is not ours."""


class TooLongError(WrongUsageError):
    """The address is longer than any of ours."""

    http_status = 414


class BrokenError(ArchiveError):
    """Something of ours failed; the reference finds it in the log."""


class Gate:
    """ASGI middleware: refuses what is malformed, adds the headers, turns a defect into a calm page."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str], error_page: ErrorPage) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._error_page = error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        body = _Incoming(receive, over=not brings_body(request))
        out = _Outgoing(scope, send, body)
        try:
            check_request(request, self._hosts)
            await self._app(scope, body, out)
        except ArchiveError as refusal:
            await self._error_page(request, refusal)(scope, receive, out)
        except CancelledError:  # nobody cancels an answer but a server that ends
            _log.warning("an answer was broken off: the site ends")
        except Exception as defect:
            if not out.started:
                await self._error_page(request, _broken())(scope, receive, out)
            elif isinstance(defect.__cause__, ArchiveError):
                # The server hangs up on an answer without an end; so nobody takes it for whole.
                _log.warning("an answer was broken off: %s", defect.__cause__.message)
            else:
                raise


def _broken() -> BrokenError:
    reference = secrets.token_hex(6)
    _log.exception("request failed, reference %s", reference)
    return BrokenError(
        "something failed on our side",
        remedy=f"tell the archivist this reference: {reference}",
    )


def referenced(error: ArchiveError) -> ArchiveError:
    """Return the error; one of ours tells a reference only, under which the log tells the rest."""
    if error.http_status >= BrokenError.http_status:
        reference = secrets.token_hex(6)
        _log.error("request failed, reference %s: %s", reference, error.message)
        error.remedy = f"tell the archivist this reference: {reference}"
    return error


class _Incoming:
    """Receives, and knows whether the body of the request has come to its end."""

    def __init__(self, receive: Receive, *, over: bool) -> None:
        self._receive = receive
        self.over = over

    async def __call__(self) -> Message:
        message = await self._receive()
        self.over = self.over or not message.get("more_body", False)
        return message


class _Outgoing:
    """Adds the headers to the answer's start and withholds the body of an answer to HEAD.

    A connection on which a body was not read to its end is closed: nothing behind it can be understood.
    """

    def __init__(self, scope: Scope, send: Send, body: _Incoming) -> None:
        self._scope = scope
        self._send = send
        self._bodiless = scope["method"] == "HEAD"
        self._body = body
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            headers.update(dict(told_at(self._scope)))
            headers.add_vary_header("Accept, Accept-Language, Cookie, Authorization")
            if not self._body.over:
                headers["Connection"] = "close"
        elif self._bodiless and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


def check_request(request: Request, hosts: Collection[str]) -> None:
    """Raise for a host that is not ours, for addresses that no page of ours has, and for a body."""
    _check_host(request, hosts)
    _check_body(request)
    raw_path = request.scope.get("raw_path") or request.scope["path"].encode()
    query = request.scope["query_string"]
    if len(raw_path) > LONGEST_PATH or len(query) > LONGEST_QUERY:
        raise TooLongError("the address is longer than any of ours")
    _check_path(raw_path.partition(b"?")[0], request.scope["path"])
    _check_query(query, of_lines=request.scope["path"] in _ASKED_IN_LINES)


def _check_body(request: Request) -> None:
    """Raise for a body where none is read, and for one whose end is told in two ways.

    Where they disagree (RFC 9112 §6.1), what one server takes for its end another takes for the next request;
    so nothing behind such a head is read.
    """
    if request.method in {"GET", "HEAD"} and brings_body(request):
        raise WrongUsageError("the request has a body; GET and HEAD take none")
    lengths = request.headers.getlist("content-length")
    if len(lengths) + len(request.headers.getlist("transfer-encoding")) > 1:
        raise WrongUsageError("the request tells the end of its body in two ways")


def brings_body(request: Request) -> bool:
    """Return whether the request says that a body follows."""
    length = request.headers.get("content-length", "0")
    return "transfer-encoding" in request.headers or length.strip() != "0"


def allowed_hosts(base_url: str) -> frozenset[str]:
    """Return the host names the site answers to: that of ``base_url`` and this machine's own."""
    return frozenset({*_LOOPBACK, (urlsplit(base_url).hostname or "").lower()} - {""})


def _check_host(request: Request, hosts: Collection[str]) -> None:
    given = request.headers.getlist("host")
    if len(given) == 1 and _host_name(given[0]) in hosts:
        return
    raise MisdirectedError(
        "the request names a host that this site does not answer to",
        remedy="set base_url in oais.yaml to the address under which the site is reached",
    )


def _host_name(header: str) -> str:
    try:
        parts = urlsplit(f"//{header}")
        name = parts.hostname if parts.netloc == header and parts.port != 0 else None
    except ValueError:
        return ""
    return name if name and "@" not in header else ""


def _check_path(raw_path: bytes, path: str) -> None:
    if not path.startswith("/"):
        raise WrongUsageError("the request names no path of this site; one begins with '/'")
    lowered = raw_path.lower()
    segments = path.split("/")[1:]
    if (
        any(never in lowered for never in _NEVER_IN_PATHS)
        or any(segment in {"", ".", ".."} for segment in segments[:-1])
        or segments[-1] in {".", ".."}
        or any(not character.isprintable() or character == "\ufffd" for character in path)
    ):
        raise NotFoundError("there is no such page")


_LINES: Final = re.compile(r"[\t\r\n]")

_LISTED = frozenset({"reference", "columns", "pick"})
"""Parameters of which an address may have several: what a form's boxes and lists send."""


_ASKED_IN_LINES: Final = frozenset({"/search/adql", "/tap/sync"})
"""Addresses whose ``query`` is a text of several lines, as it was typed."""


def _check_query(query: bytes, *, of_lines: bool = False) -> None:
    try:
        text = query.decode("ascii")
        pairs = parse_qsl(
            text,
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except ValueError as error:
        raise WrongUsageError("the part of the address after '?' cannot be read") from error
    names = [name for name, _ in pairs if name not in _LISTED]
    if len(names) != len(set(names)):
        raise WrongUsageError("a parameter is given twice; expected once each")
    texts = [name if of_lines and name.lower() == "query" else name + value for name, value in pairs]
    texts += [_LINES.sub("", value) for name, value in pairs if of_lines and name.lower() == "query"]
    if not all(map(_is_text, texts)):
        raise WrongUsageError("the part of the address after '?' holds control characters")


def _is_text(value: str) -> bool:
    return all(ord(character) >= 32 and ord(character) != 127 for character in value)
