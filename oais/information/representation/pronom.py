"""PRONOM, the registry of formats, asked through pygfried where it is installed.

The library takes some 80 MB of memory and reserves 2 GB of addresses when it is loaded. So it is loaded
at the first question only, and never in a process whose memory is limited already.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Event
from types import ModuleType
from typing import BinaryIO

from oais.information.packages import FormatIdentification

_withheld = Event()

WHOLE = 64 << 20
"""Bytes up to which PRONOM is shown a file whole: it may look for a pattern anywhere, for minutes."""

ENDS = 16 << 20
"""Bytes of the beginning and of the end of a larger file that it is shown instead."""


class PronomNeededError(Exception):
    """Only PRONOM can tell a format, and this process cannot load it any more."""


def withhold_pronom() -> None:
    """Raise PronomNeededError at each question to PRONOM from now on, instead of loading the library."""
    _withheld.set()


def ask_pronom(stream: BinaryIO) -> FormatIdentification | None:
    """Identify an open file by PRONOM alone: by descriptor, so that no name can mislead it.

    Of a file larger than ``WHOLE`` it sees the beginning and the end, where nearly all signatures are.
    The answer is None where the library is not installed or knows no format; it is ``UNKNOWN`` where
    no signature matches.

    Raises:
        PronomNeededError: the library was withheld from this process.
    """
    if _withheld.is_set():
        raise PronomNeededError
    pygfried = _pygfried()
    if pygfried is None:
        return None
    try:
        with _bounded(stream) as descriptor:
            answer = pygfried.identify(f"/proc/self/fd/{descriptor}", detailed=True)
        found = answer["files"][0]["matches"][0]
        details = answer["identifiers"][0]["details"].partition(";")[0]
    except (OSError, ValueError, RuntimeError, LookupError):
        return None
    return FormatIdentification(
        format_id=found["id"],
        name=found["format"],
        version=found["version"],
        media_type=registered_media_type(found["mime"]),
        tool=f"siegfried {answer['siegfried']}, PRONOM {details.removesuffix('.xml')}",
        basis=found["basis"],
    )


@contextmanager
def _bounded(stream: BinaryIO) -> Iterator[int]:
    """Give a descriptor of the file, or of its two ends in memory when it is large."""
    size = os.fstat(stream.fileno()).st_size
    if size <= WHOLE:
        yield stream.fileno()
        return
    shown = os.memfd_create("ends")
    try:
        for start in (0, size - ENDS):
            left = ENDS
            while left and (data := os.pread(stream.fileno(), min(left, 1 << 20), start + ENDS - left)):
                os.write(shown, data)
                left -= len(data)
        yield shown
    finally:
        os.close(shown)


def registered_media_type(listed: str) -> str:
    """Return the first media type of a list that is not of the unregistered ``x-`` kind."""
    for media_type in listed.split(","):
        stripped = media_type.strip()
        if stripped and "/x-" not in stripped:
            return stripped
    return "application/octet-stream"


@cache
def _pygfried() -> ModuleType | None:
    """Return the library, or None where this optional one is not installed."""
    try:
        import pygfried
    except ImportError:
        return None
    module: ModuleType = pygfried
    return module
