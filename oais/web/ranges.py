"""Parts of a file and unchanged files, as RFC 9110 §§13–14 has them; values in, values out, no reading."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from oais.errors import ArchiveError

_ONE_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


class RangeNotSatisfiableError(ArchiveError):
    """The part asked for begins behind the file's end; ``size`` says where that is."""

    exit_code = 2
    http_status = 416

    def __init__(self, size: int) -> None:
        super().__init__(f"the range begins behind the end of the file ({size} bytes)")
        self.size = size


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes ``start`` to ``stop`` (not included) of a file of ``size`` bytes."""

    start: int
    stop: int
    size: int

    @property
    def length(self) -> int:
        """How many bytes it spans."""
        return self.stop - self.start

    @property
    def content_range(self) -> str:
        """The value of the Content-Range header."""
        return f"bytes {self.start}-{self.stop - 1}/{self.size}"


def is_unchanged(headers: Mapping[str, str], etag: str) -> bool:
    """Return whether the client holds these bytes already (If-None-Match, weak comparison)."""
    asked = headers.get("if-none-match", "").strip()
    if asked == "*":
        return True
    return etag in {tag.strip().removeprefix("W/") for tag in asked.split(",")}


def choose_span(headers: Mapping[str, str], size: int, etag: str) -> Span | None:
    """Return the part that the Range header asks for, None for the whole.

    Only a single byte range is honoured; anything else is ignored, as §14.2 allows. A part under an
    If-Range that is not exactly our ETag is the whole (§13.1.5). Raises RangeNotSatisfiableError.
    """
    match = _ONE_RANGE.fullmatch(headers.get("range", "").strip())
    if match is None or match.group(1) == match.group(2) == "":
        return None
    condition = headers.get("if-range")
    if condition is not None and condition.strip() != etag:
        return None
    first, last = match.groups()
    if first == "":
        return _last_bytes(int(last), size)
    start = int(first)
    stop = size if last == "" else min(int(last) + 1, size)
    if last and int(last) < start:
        return None
    if start >= size:
        raise RangeNotSatisfiableError(size)
    return Span(start, stop, size)


def _last_bytes(count: int, size: int) -> Span:
    if count == 0 or size == 0:
        raise RangeNotSatisfiableError(size)
    return Span(max(0, size - count), size, size)
