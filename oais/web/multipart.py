"""A form with one file (RFC 7578), read as it comes: the fields first, then the file's bytes as a stream.

The file is the last part, so its size is known before its first byte: what the request has left, without
the line that ends the form.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from oais.errors import WrongUsageError
from oais.web.bodies import UnsupportedError
from oais.web.tus import number_of
from oais.web.uploading import steady

LARGEST_FIELDS = 64 << 10
"""Bytes that may come before the file."""


class FileForm:
    """A form that is being read: ``fields`` and ``filename`` after ``begin``, then ``file`` once."""

    def __init__(self, request: Request) -> None:
        """Raises UnsupportedError for another kind of body, WrongUsageError for one of unknown size."""
        kind, options = parse_options_header(request.headers.get("content-type"))
        self._boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not 0 < len(self._boundary) <= 70:
            raise UnsupportedError(
                "this address takes multipart/form-data", remedy="send the page's own form"
            )
        self._total = number_of(request, "content-length")
        self._stream = steady(request)
        self._fed = 0
        self._header = [b"", b""]
        self._part: dict[bytes, bytes] = {}
        self._value = b""
        self._ready: list[bytes] = []
        self._ended = False
        self.fields: dict[str, str] = {}
        self.filename: str | None = None
        self.length = 0
        self._parser = MultipartParser(
            self._boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": lambda data, start, end: self._extend_header(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._extend_header(1, data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._end_headers,
                "on_part_data": self._take,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )

    async def begin(self) -> None:
        """Read up to the file's first byte; raises WrongUsageError when no file comes."""
        async for data in self._stream:
            self._feed(data)
            if self._ready:
                return
            if self._fed > LARGEST_FIELDS:
                break
        raise WrongUsageError("the form has no file", remedy="choose a file and send the form again")

    async def file(self) -> AsyncIterator[bytes]:
        """Yield the file's bytes; raises WrongUsageError when something follows it, or its end is missing."""
        while True:
            for data in self._ready:
                yield data
            self._ready.clear()
            data = await anext(self._stream, b"")
            if not data:
                break
            self._feed(data)
        if not self._ended:
            raise WrongUsageError("the form ends before its file", remedy="send it again")

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise WrongUsageError("the form cannot be read", remedy="send the page's own form") from error
        self._fed += len(data)

    def _begin_part(self) -> None:
        if self.filename is not None:
            raise WrongUsageError("the file is not the last part of the form", remedy="send one file, last")
        self._part, self._value = {}, b""

    def _extend_header(self, which: int, data: bytes) -> None:
        self._header[which] += data

    def _end_header(self) -> None:
        if self._header[0].lower() == b"content-disposition":
            self._part = parse_options_header(self._header[1].decode("latin-1"))[1]
        self._header = [b"", b""]

    def _end_headers(self) -> None:
        if b"filename" in self._part:
            self.filename = self._part[b"filename"].decode("utf-8", "replace")

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self.filename is None:
            self._value += data[start:end]
            return
        if not self.length:
            closing = len(self._boundary) + 8  # CR LF, two dashes, the boundary, two dashes, CR LF
            self.length = self._total - (self._fed + start) - closing
        self._ready.append(data[start:end])

    def _end_part(self) -> None:
        name = self._part.get(b"name", b"").decode("utf-8", "replace")
        if self.filename is None:
            self.fields[name] = self._value.decode("utf-8", "replace")

    def _end(self) -> None:
        self._ended = True
