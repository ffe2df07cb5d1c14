"""The text of a PDF (ISO 32000), line by line as its pages are laid out: the one door to pypdf.

Called in the limited child only (see ``worker``); nothing here guards against time or memory, but for a
bound of pages and characters, beyond which a report's tables do not lie.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from pypdf import PageObject, PdfReader
from pypdf.errors import PyPdfError

from oais.information.representation.opening import open_regular

MOST_PAGES: Final = 200
MOST_CHARACTERS: Final = 1 << 20
LONGEST_LINE: Final = 2000
MOST_FAULTS: Final = 20
_ANY_PDF: Final = b"%PDF-"
_HEAD: Final = 1024
"""Bytes in which a PDF says that it is one (ISO 32000-1, implementation note 13)."""

_PLAIN: Final = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "\u00a0": " ", "−": "-"}
)
"""Glyphs that typesetting puts for what was written."""

_DAMAGE = (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
"""What pypdf raises for bytes that are no PDF, or not quite one."""


def pdf_text(path: Path) -> dict[str, Any]:
    """Return the lines of text of a PDF, how many pages it has, and which of them could not be read.

    Cells of a table that stand in one row are in one line, parted by as many blanks as there is room.

    Raises:
        ValueError: it is no PDF, damaged, encrypted, or has no text at all.
        UnreadableError: it is no regular file.
    """
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    with open_regular(path) as (stream, _):
        pages = _pages(stream)
        lines: list[str] = []
        faults: list[str] = []
        room = MOST_CHARACTERS
        read = 0
        for page in pages[:MOST_PAGES]:
            read += 1
            for line in _lines_of(page, read, faults):
                room -= len(line)
                if room < 0:
                    break
                lines.append(line)
            if room < 0:
                faults.append(f"only the first {MOST_CHARACTERS} characters were read")
                break
        if not lines and not faults:
            raise ValueError(f"there is no text on any of its pages ({len(pages)}): they may be images")
        if read < len(pages):
            faults.append(f"only the first {read} of {len(pages)} pages were read")
        return {"lines": lines, "pages": len(pages), "faults": faults[:MOST_FAULTS]}


def _pages(stream: BinaryIO) -> list[PageObject]:
    """Open a PDF and return at most one page more than is read; raises ValueError."""
    if _ANY_PDF not in stream.read(_HEAD):
        raise ValueError("it is not a PDF")
    stream.seek(0)
    try:
        reader = PdfReader(stream)
        if reader.is_encrypted and not reader.decrypt(""):
            raise _LockedError
        return list(reader.pages)
    except _LockedError:
        raise ValueError("it is encrypted, and opens with a password only") from None
    except _DAMAGE as error:
        raise ValueError(f"it is damaged: {_said(error)}") from error


class _LockedError(Exception):
    """A PDF that does not open without a password."""


def _lines_of(page: PageObject, number: int, faults: list[str]) -> list[str]:
    """Return the lines of a page that say something; a page that is damaged is noted."""
    try:
        text = page.extract_text(extraction_mode="layout")
    except _DAMAGE as error:
        faults.append(f"page {number} is damaged: {_said(error)}")
        return []
    return list(_said_lines(text))


def _said_lines(text: str) -> Iterator[str]:
    for line in text.translate(_PLAIN).splitlines():
        said = line.rstrip()[:LONGEST_LINE]
        if said:
            yield said


def _said(error: BaseException) -> str:
    """Return what a library says of a fault, in one short line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]
