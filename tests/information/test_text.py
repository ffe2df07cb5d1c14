"""Text from strangers: shown without steering a terminal, written as JSON without being lost."""

from __future__ import annotations

import json

import pytest

from oais.information.text import printable, readable_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("img.fits", "img.fits"),
        ("Čerenkov", "Čerenkov"),
        ("a\x1b[2Jb\n", "a\\x1b[2Jb\\x0a"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        (b"caf\xe9".decode("utf-8", "surrogateescape"), "caf\\xe9"),
    ],
)
def test_nothing_shown_steers_a_terminal(text: str, shown: str) -> None:
    """Control, bidirectional and broken characters are escaped, letters of any script stay."""
    assert printable(text) == shown


def test_a_long_text_is_shown_shortened() -> None:
    """The middle of a long text is counted instead of shown."""
    assert printable("a" * 500, longest=10) == "aaaaa…[490 characters]…aaaaa"


def test_json_keeps_names_that_are_not_utf_8() -> None:
    """A name that is no text comes back as it was; the same value gives the same bytes."""
    name = b"caf\xe9".decode("utf-8", "surrogateescape")
    written = readable_json({"b": name, "a": "Čerenkov"})
    assert json.loads(written) == {"a": "Čerenkov", "b": name}
    assert written == readable_json({"a": "Čerenkov", "b": name})
    assert "Čerenkov".encode() in written
