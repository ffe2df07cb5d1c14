"""What a request brings: read whole, within bounds of size and time, and strict about its form."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from oais.errors import WrongUsageError

SLOWEST_BODY: Final = 30.0
"""Seconds a client has for a form or for JSON."""

MOST_FIELDS: Final = 2000
"""Fields of one form: as many things as a page lets tick, and some."""

_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

Fields = dict[str, list[str]]
"""The fields of a form: name → its values, in the order they came."""


class TooLargeError(WrongUsageError):
    """The body is larger than what the door takes."""

    http_status = 413


class UnsupportedError(WrongUsageError):
    """The body is of a type, or packed in a way, that the door does not take."""

    http_status = 415


class TooSlowError(WrongUsageError):
    """The body did not come in time."""

    http_status = 408


async def read_body(request: Request, most: int, *, json: bool) -> bytes:
    """Return the body after a look at it; the fields of a form are kept for ``fields_of``.

    Raises WrongUsageError or a kind of it when it is too large, too slow, of another type, or cannot be read.
    """
    body = await _whole(Request(request.scope, _bounded(request.receive, most)))
    if json:
        if body:
            _check_type(request, _JSON)
            _check_json(body)
    else:
        _check_type(request, _FORM)
        request.state.fields = _fields(body)
    return body


def read_again(body: bytes, receive: Receive) -> Receive:
    """Return what receives a body that was read already, and then what else comes."""
    unread: Iterator[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def received() -> Message:
        return next(unread, None) or await receive()

    return received


def fields_of(request: Request) -> Fields:
    """Return the fields of the form that was sent; none came with other bodies."""
    fields: Fields = getattr(request.state, "fields", {})
    return fields


def _bounded(receive: Receive, most: int) -> Receive:
    """Return what receives the same messages, and raises once they hold more than ``most`` bytes."""
    left = most

    async def bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise TooLargeError(f"the body is larger than the {most:,} bytes taken here")
        return message

    return bounded


async def _whole(request: Request) -> bytes:
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            return await request.body()
    except TimeoutError as error:
        raise TooSlowError(f"the body did not come within {SLOWEST_BODY:.0f} seconds") from error
    except ClientDisconnect as error:
        raise WrongUsageError("the body was broken off") from error


def _check_type(request: Request, expected: str) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    packing = request.headers.get("content-encoding", "identity").strip().lower()
    if given != expected or packing != "identity":
        raise UnsupportedError(f"this address takes {expected}, not packed", remedy=f"send {expected}")


def _fields(body: bytes) -> Fields:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise WrongUsageError(
            "the form cannot be read", remedy="send it from the page that shows it"
        ) from error
    fields: Fields = {}
    for name, value in pairs:
        if "\0" in value:
            raise WrongUsageError("the form holds a NUL character")
        fields.setdefault(name, []).append(value)
    return fields


def _check_json(body: bytes) -> None:
    try:
        json.loads(body.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_once_each)
    except (ValueError, RecursionError) as error:
        raise WrongUsageError(
            "the body is not the JSON that is taken here: UTF-8, each name once, numbers only, not too deep"
        ) from error
    if _NUL.search(body):
        raise WrongUsageError("the body holds a NUL character", remedy="leave it out")


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _once_each(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    plain: dict[str, object] = {}
    for name, value in pairs:
        if name in plain:
            raise ValueError(name)
        plain[name] = value
    return plain
