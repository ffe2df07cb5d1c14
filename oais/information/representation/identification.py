"""Format identification: signatures of our own first, and PRONOM for all that they do not know.

The name of a file is never believed; it only chooses which signature is tried and what is remarked.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import BinaryIO

from oais.information.packages import FormatIdentification
from oais.information.representation.opening import UnreadableError, open_regular
from oais.information.representation.pronom import ask_pronom
from oais.information.representation.signatures import (
    HEAD,
    Match,
    own_signature,
    plain_signature,
    table_signature,
)

OWN_TOOL = "oais signatures 1"
_COARSE = frozenset({"UNKNOWN", "", "x-fmt/111", "x-fmt/16"})
_TEXTS = frozenset({"x-fmt/111", "x-fmt/16", "x-fmt/13", "x-fmt/18", "oais/ascii-table"})


@dataclass(frozen=True, slots=True)
class KnownFormat:
    """One row of the register ``formats.toml``: a format, its IANA media type, its specification."""

    format_id: str
    name: str
    version: str
    media_type: str
    extensions: tuple[str, ...]
    specification: str


@cache
def known_formats() -> Mapping[str, KnownFormat]:
    """Return the register of the formats the archive knows, by id."""
    text = resources.files(__package__).joinpath("formats.toml").read_text("utf-8")
    return {
        format_id: KnownFormat(
            format_id=format_id,
            name=row["name"],
            version=row["version"],
            media_type=row["media_type"],
            extensions=tuple(row["extensions"]),
            specification=row["specification"],
        )
        for format_id, row in tomllib.loads(text).items()
    }


def identify_file(path: Path, name: str) -> FormatIdentification:
    """Identify the regular file at ``path``, that its provider calls ``name``.

    A file that cannot be opened is ``oais/unknown`` with the reason as basis.
    """
    try:
        with open_regular(path) as (stream, _):
            return identify_stream(stream, name)
    except UnreadableError as error:
        return _ours(Match("oais/unknown", error.message))


def identify_text(path: Path) -> FormatIdentification | None:
    """Identify a file whose place makes it text, such as a bag's manifest, by our own signatures alone.

    Of a text PRONOM tells no more. The answer is None for what is no text, or cannot be opened.
    """
    try:
        with open_regular(path) as (stream, _):
            match = plain_signature(stream.read(HEAD))
    except UnreadableError:
        return None
    return _ours(match) if match and match.format_id in _TEXTS else None


def identify_stream(stream: BinaryIO, name: str) -> FormatIdentification:
    """Identify an open regular file and leave it at its beginning.

    Raises:
        PronomNeededError: our own signatures do not know it, and PRONOM is withheld from this process.
    """
    stream.seek(0)
    head = stream.read(HEAD)
    stream.seek(0)
    match = own_signature(head, name)
    if match:
        return _ours(match)
    by_pronom = ask_pronom(stream)
    stream.seek(0)
    if by_pronom and by_pronom.format_id not in _COARSE:
        return _in_our_words(by_pronom)
    if by_pronom and by_pronom.format_id.startswith("x-fmt/"):
        table = table_signature(head)
        return _ours(table) if table else _in_our_words(by_pronom)
    return _ours(plain_signature(head) or Match("oais/unknown", "no signature matches"))


def expected_formats(name: str) -> frozenset[str]:
    """Return the formats whose extension ``name`` has; empty when it has none that we know."""
    lower = name.lower()
    return frozenset(
        known.format_id
        for known in known_formats().values()
        if lower.endswith(known.extensions) and known.extensions
    )


def _ours(match: Match) -> FormatIdentification:
    known = known_formats()[match.format_id]
    return FormatIdentification(
        format_id=known.format_id,
        name=known.name,
        version=known.version,
        media_type=known.media_type,
        tool=OWN_TOOL,
        basis=match.basis,
    )


def _in_our_words(found: FormatIdentification) -> FormatIdentification:
    """Return PRONOM's answer with the name, version and media type of our register, where it has them."""
    known = known_formats().get(found.format_id)
    if known is None:
        return found
    return replace(
        found, name=known.name, version=found.version or known.version, media_type=known.media_type
    )
