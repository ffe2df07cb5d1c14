"""Text into terms, for names that people write in many ways: ``KELT-20``, ``kelt20``, ``TIC 55525572``.

The same rules serve what is indexed and what is asked. Whoosh's own query parser is not used: it takes
minutes over a long question and raises on an odd one.
"""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from oais.errors import WrongUsageError
from oais.information.text import printable

LONGEST_QUESTION: Final = 256
MOST_TERMS: Final = 16
FEWEST_LEADING: Final = 3
LONGEST_TERM: Final = 100

_PARTS = re.compile(r"[^\W_]+")
_RUNS = re.compile(r"[0-9]+|[^\W\d_]+")
_STOP_WORDS: Final = frozenset(
    ["a", "an", "and", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"]
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One word of a question: its compact form, its parts, and the prefix if it ends in the open.

    A document answers if it has the compact form; where no document has, if it has all parts. With a
    ``pattern`` it answers if any of its terms matches.
    """

    compact: str
    parts: tuple[str, ...]
    prefix: str = ""
    pattern: re.Pattern[str] | None = None


def terms_of(text: str) -> set[str]:
    """Return all terms under which ``text`` is found: its parts, their runs, and compact names."""
    found: set[str] = set()
    before = ""
    for chunk in _normal(text).split():
        parts = _PARTS.findall(chunk)
        for part in parts:
            found |= _with_runs(part)
        compact = "".join(parts)
        if compact:
            found.add(compact[:LONGEST_TERM])
            if before.isalpha() and compact[0].isdigit():
                found.add((before + compact)[:LONGEST_TERM])
        before = compact
    return found


def _with_runs(part: str) -> set[str]:
    """Return a part, its runs of letters and digits, and its numbers without leading zeros."""
    if part.isalpha():
        return {part[:LONGEST_TERM]}
    found = {part[:LONGEST_TERM]}
    for run in _RUNS.findall(part):
        found.add(run[:LONGEST_TERM])
        if run[0] == "0":
            found.add(run.lstrip("0")[:LONGEST_TERM] or "0")
    return found


def read_question(text: str) -> tuple[Asked, ...]:
    """Read the words of a question; all must be met.

    Raises WrongUsageError when it is longer than 256 characters or 16 words, when a ``*`` has fewer than
    three letters or digits before it, or when there is no word in it. Blank text asks nothing.
    """
    if len(text) > LONGEST_QUESTION:
        raise WrongUsageError(
            f"the question has {len(text)} characters; expected up to {LONGEST_QUESTION}",
            remedy="leave words out, or narrow by mission, level, kind, target or time instead",
        )
    if not text.strip():
        return ()
    asked = [_asked(chunk) for chunk in _normal(text).split() if _PARTS.search(chunk) or "*" in chunk]
    asked = [word for word in asked if word.compact not in _STOP_WORDS or word.pattern]
    if not asked:
        raise WrongUsageError(
            f"{printable(text)!r} has no word to look for",
            remedy="give a name, a number or a word of at least one letter or digit",
        )
    if len(asked) > MOST_TERMS:
        raise WrongUsageError(
            f"the question has {len(asked)} words; expected up to {MOST_TERMS}",
            remedy="keep the rarest words",
        )
    return tuple(dict.fromkeys(asked))


def _asked(chunk: str) -> Asked:
    if "*" in chunk:
        return _open_ended(chunk)
    parts = tuple(part[:LONGEST_TERM] for part in _PARTS.findall(chunk))
    return Asked("".join(parts)[:LONGEST_TERM], parts)


def _open_ended(chunk: str) -> Asked:
    compact = "*".join("".join(_PARTS.findall(piece)) for piece in chunk.split("*"))
    prefix = compact.partition("*")[0]
    if len(prefix) < FEWEST_LEADING:
        raise WrongUsageError(
            f"{printable(chunk)!r} has {len(prefix)} letters or digits before its '*'; "
            f"expected at least {FEWEST_LEADING}",
            remedy="write more of the beginning of the word",
        )
    return Asked(compact, (), prefix, re.compile(fnmatch.translate(compact)))


def _normal(text: str) -> str:
    """Return text in small letters without accents, so that spelling variants meet."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return unicodedata.normalize("NFKC", plain).casefold()
