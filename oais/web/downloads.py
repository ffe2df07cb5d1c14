"""Files on their way out: right name, right part, never opened inside our pages."""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Iterator
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from oais.errors import DamageError, StorageError
from oais.functions.access.views import OpenedFile
from oais.web.ranges import Span, choose_span, is_unchanged

BLOCK = 1 << 18
"""Bytes handed to the network at once."""

DATA_POLICY = "default-src 'none'; sandbox"
"""What a browser may do with a data file that is opened all the same: nothing."""


def file_response(request: Request, opened: OpenedFile) -> Response:
    """Answer with the file, a part of it (206) or nothing because it is unchanged (304).

    Raises RangeNotSatisfiableError, DamageError when the size on disk is not the sealed one.
    """
    etag = etag_of(opened)
    headers = _headers(opened, etag)
    if is_unchanged(request.headers, etag):
        return Response(status_code=304, headers=headers)
    span = choose_span(request.headers, opened.size, etag)
    status = 200 if span is None else 206
    if span is not None:
        headers["Content-Range"] = span.content_range
    span = span or Span(0, opened.size, opened.size)
    headers["Content-Length"] = str(span.length)
    descriptor = _open_sealed(opened)
    if request.method == "HEAD":
        os.close(descriptor)
        return Response(status_code=status, headers=headers, media_type=opened.media_type)
    return StreamingResponse(_blocks(descriptor, span), status, headers, media_type=opened.media_type)


def etag_of(opened: OpenedFile) -> str:
    """Return the strong validator: the strongest digest we have of the bytes."""
    for algorithm in ("sha256", "sha512"):
        if algorithm in opened.digests:
            return f'"{algorithm}-{opened.digests[algorithm]}"'
    raise DamageError(f"{opened.name} has no digest in its inventory")


def content_disposition(name: str) -> str:
    """Return an ``attachment`` header for any file name (RFC 6266 with the form of RFC 8187).

    Separators, quotes, controls and what is not ASCII become ``_`` in the plain form.
    """
    base = name.replace("\\", "/").rsplit("/", maxsplit=1)[-1][-200:] or "file"
    plain = "".join(
        character if character.isascii() and character.isprintable() and character not in '"%;' else "_"
        for character in base
    ).lstrip(".")
    exact = quote(base.encode("utf-8", "replace"), safe="!#$&+-.^_`|~")
    header = f'attachment; filename="{plain or "file"}"'
    return header if plain == base else f"{header}; filename*=UTF-8''{exact}"


def _headers(opened: OpenedFile, etag: str) -> dict[str, str]:
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "public, no-cache" if opened.public else "no-store",
        "Content-Disposition": content_disposition(opened.name),
        "Content-Security-Policy": DATA_POLICY,
    }
    digests = [
        f"{header}=:{base64.b64encode(bytes.fromhex(opened.digests[name])).decode()}:"
        for name, header in (("sha256", "sha-256"), ("sha512", "sha-512"))
        if name in opened.digests
    ]
    return headers | {"Repr-Digest": ", ".join(digests)}


def _open_sealed(opened: OpenedFile) -> int:
    try:
        descriptor = os.open(opened.disk_path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise StorageError(f"{opened.name} cannot be read: {error.strerror}") from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_size != opened.size:
        os.close(descriptor)
        raise DamageError(
            f"{opened.name} has {status.st_size} bytes on disk, expected {opened.size}",
            remedy="the archivist should audit this package",
        )
    return descriptor


def _blocks(descriptor: int, span: Span) -> Iterator[bytes]:
    try:
        position = span.start
        while position < span.stop:
            block = os.pread(descriptor, min(BLOCK, span.stop - position), position)
            if not block:
                return
            position += len(block)
            yield block
    finally:
        os.close(descriptor)
