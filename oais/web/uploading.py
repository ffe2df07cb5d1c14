"""Large bodies: read as they come, written outside the loop, and ended when they hardly come any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from oais.errors import WrongUsageError
from oais.functions.deposit.addition import Addition
from oais.web.bodies import TooSlowError, UnsupportedError

PATIENCE: Final = 60.0
"""Seconds in which a body must bring ``PACE`` bytes each."""

PACE: Final = 1024

_WRITTEN_AT_ONCE: Final = 256 << 10


class BrokenOffError(WrongUsageError):
    """The connection ended before the body did; nobody reads this answer."""


def check_framing(request: Request) -> None:
    """Raise WrongUsageError for a body whose end is told twice (RFC 9112 §6.1), or that is packed."""
    if "content-length" in request.headers and "transfer-encoding" in request.headers:
        raise WrongUsageError("the request has Content-Length and Transfer-Encoding; expected one of them")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedError(
            "this address takes bytes as they are, not packed", remedy="send them unpacked"
        )


async def steady(request: Request) -> AsyncIterator[bytes]:
    """Yield the body as it comes; raises TooSlowError below the pace, BrokenOffError when it is cut."""
    now = asyncio.get_running_loop().time
    stream = request.stream()
    until, came = now() + PATIENCE, 0
    while True:
        try:
            async with asyncio.timeout_at(until):
                data = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise TooSlowError(
                f"fewer than {PACE} bytes a second came", remedy="go on when the connection is better"
            ) from error
        except ClientDisconnect as error:
            raise BrokenOffError("the body was broken off") from error
        came += len(data)
        if came >= PACE * PATIENCE:
            until, came = now() + PATIENCE, 0
        yield data


async def pour(stream: AsyncIterator[bytes], addition: Addition) -> None:
    """Write a body into an upload and finish the addition; what came of one that is cut is kept.

    Raises what ``steady`` and ``Addition`` raise.
    """
    waiting = bytearray()
    try:
        async for data in stream:
            waiting += data
            if len(waiting) >= _WRITTEN_AT_ONCE:
                await run_in_threadpool(addition.add, bytes(waiting))
                waiting.clear()
        await run_in_threadpool(addition.add, bytes(waiting))
    except (BrokenOffError, TooSlowError):
        await run_in_threadpool(addition.add, bytes(waiting))
        await run_in_threadpool(addition.break_off)
        raise
    await run_in_threadpool(addition.finish)
