"""Files on their way out: right name, right part, never opened inside our pages."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from io import FileIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from oais.errors import DamageError
from oais.files import open_sealed
from oais.functions.access.views import OpenedFile
from oais.functions.orders.handouts import ASKED_EVERY, Handout
from oais.web.ranges import Span, choose_span, is_unchanged

BLOCK = 1 << 18
"""Bytes handed to the network at once."""

_LONGEST_PLAIN = 200
"""Characters of a file name's plain form; the exact form is never cut."""

DATA_POLICY = "default-src 'none'; sandbox"
"""What a browser may do with a data file that is opened all the same: nothing."""


def file_response(
    request: Request, opened: OpenedFile, still: Callable[[], object] = lambda: None
) -> Response:
    """Answer with the file, a part of it (206) or nothing because it is unchanged (304).

    ``still`` is asked on the way whether the rest may still be had, and ends the answer by raising.
    Raises RangeNotSatisfiableError, DamageError when the size on disk is not the sealed one.
    """
    etag = etag_of(opened)
    headers = _headers(opened, etag)
    if is_unchanged(request.headers, etag):
        return Response(status_code=304, headers=headers)
    status, span = _spanned(request, headers, opened.size, etag)
    stream = open_sealed(opened.disk_path, opened.size, str(opened.disk_path))
    if request.method == "HEAD":
        stream.close()
        return Response(status_code=status, headers=headers, media_type=opened.media_type)
    answer = _FileAnswer(_blocks(stream, span, still), status, headers, media_type=opened.media_type)
    answer.stream = stream
    return answer


def package_response(request: Request, package: Handout) -> Response:
    """Answer with a package or a part of it; raises RangeNotSatisfiableError."""
    etag = f'"{package.stamp}"'
    headers = _attached(package.name, etag) | {"Cache-Control": "no-store"}
    if is_unchanged(request.headers, etag):
        return Response(status_code=304, headers=headers)
    status, span = _spanned(request, headers, package.size, etag)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=package.media_type)
    blocks = package.read(span.start, span.stop)
    return StreamingResponse(blocks, status, headers, media_type=package.media_type)


def from_the_start(response: Response) -> bool:
    """Return whether an answer begins a download, and does not only go on with one or confirm it."""
    begun = response.headers.get("content-range", "bytes 0-").startswith("bytes 0-")
    return isinstance(response, StreamingResponse) and begun


def _spanned(request: Request, headers: dict[str, str], size: int, etag: str) -> tuple[int, Span]:
    """Return status and part of an answer and tell both in its headers."""
    span = choose_span(request.headers, size, etag)
    if span is not None:
        headers["Content-Range"] = span.content_range
    part = span or Span(0, size, size)
    headers["Content-Length"] = str(part.length)
    return (200 if span is None else 206), part


class _FileAnswer(StreamingResponse):
    """Closes the file when the answer is over, also one that was broken off before its first block."""

    stream: FileIO

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.stream.close()


def etag_of(opened: OpenedFile) -> str:
    """Return the strong validator: the strongest digest we have of the bytes."""
    for algorithm in ("sha256", "sha512"):
        if algorithm in opened.digests:
            return f'"{algorithm}-{opened.digests[algorithm]}"'
    raise DamageError(f"{opened.name} has no digest in its inventory")


def cache_control(opened: OpenedFile) -> str:
    """Return how a file, or a picture of it, may be kept: asked about each time, or not at all."""
    return "public, no-cache" if opened.public else "no-store"


def content_disposition(name: str) -> str:
    """Return an ``attachment`` header for any file name (RFC 6266 with the form of RFC 8187).

    Separators, quotes, controls and what is not ASCII become ``_`` in the plain form.
    """
    base = name.replace("\\", "/").rsplit("/", maxsplit=1)[-1] or "file"
    plain = "".join(
        character if character.isascii() and character.isprintable() and character not in '"%;' else "_"
        for character in base
    ).lstrip(".")[-_LONGEST_PLAIN:]
    exact = quote(base.encode("utf-8", "replace"), safe="!#$&+-.^_`|~")
    header = f'attachment; filename="{plain or "file"}"'
    return header if plain == base else f"{header}; filename*=UTF-8''{exact}"


def _attached(name: str, etag: str) -> dict[str, str]:
    return {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Content-Disposition": content_disposition(name),
        "Content-Security-Policy": DATA_POLICY,
    }


def _headers(opened: OpenedFile, etag: str) -> dict[str, str]:
    headers = _attached(opened.name, etag)
    headers["Cache-Control"] = cache_control(opened)
    digests = [
        f"{header}=:{base64.b64encode(bytes.fromhex(opened.digests[name])).decode()}:"
        for name, header in (("sha256", "sha-256"), ("sha512", "sha-512"))
        if name in opened.digests
    ]
    return headers | {"Repr-Digest": ", ".join(digests)}


def _blocks(stream: FileIO, span: Span, still: Callable[[], object]) -> Iterator[bytes]:
    position = asked_at = span.start
    while position < span.stop:
        block = os.pread(stream.fileno(), min(BLOCK, span.stop - position), position)
        if not block:
            return
        position += len(block)
        if position - asked_at >= ASKED_EVERY:
            still()
            asked_at = position
        yield block
