"""Text from strangers, made safe to show: names and values can hold anything but may not steer a terminal."""

from __future__ import annotations

import json
import unicodedata

LONGEST_SHOWN = 400
"""Characters of a stranger's text that a message shows; the middle of a longer one is left out."""

_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def printable(text: str, longest: int = LONGEST_SHOWN) -> str:
    """Return ``text`` with control, bidirectional and surrogate characters escaped, and shortened."""
    if len(text) > longest:
        half = longest // 2
        text = f"{text[:half]}…[{len(text) - 2 * half} characters]…{text[-half:]}"
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in _UNSAFE:
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, as surrogateescape keeps it
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def readable_json(plain: object) -> bytes:
    """Return JSON for people and programs, sorted and indented; the same value gives the same bytes.

    A name that is not UTF-8 keeps its surrogates, written as escapes.
    """
    text = json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def show_size(size: float) -> str:
    """Return bytes as people read them: decimal units, three figures."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB", "TB", "PB"):
        if value < 999.5 or unit == "PB":  # from there on three figures would round up to 1000
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.3g} {unit}"
        value /= 1000
    raise AssertionError("unreachable")
