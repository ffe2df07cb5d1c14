"""The character encodings a bag may declare, from a list of our own.

The name comes from a stranger and is never given to ``codecs.lookup``: among Python's codecs are
decompressors, escapes and other things that are no encodings of text.
"""

from __future__ import annotations

import re
from typing import Final

UTF_8: Final = "utf-8"

_NUMBERED = {f"iso-8859-{n}": f"iso8859_{n}" for n in (*range(1, 12), *range(13, 17))}
_WINDOWS = {f"windows-{n}": f"cp{n}" for n in range(1250, 1259)}
_KNOWN: Final = {
    "utf-8": UTF_8,
    "utf8": UTF_8,
    "us-ascii": "ascii",
    "ascii": "ascii",
    "latin1": "iso8859_1",
    "utf-16": "utf_16",
    "utf-16be": "utf_16_be",
    "utf-16le": "utf_16_le",
    "utf-32": "utf_32",
    "utf-32be": "utf_32_be",
    "utf-32le": "utf_32_le",
    "shift_jis": "shift_jis",
    "windows-31j": "cp932",
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp",
    "gb2312": "gb2312",
    "gbk": "gbk",
    "gb18030": "gb18030",
    "big5": "big5",
    "euc-kr": "euc_kr",
    "koi8-r": "koi8_r",
    "koi8-u": "koi8_u",
    "macintosh": "mac_roman",
    **_NUMBERED,
    **_WINDOWS,
}
"""Names of IANA's registry of character sets, in lower case, to Python's codec."""

_SPELLING = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,39}")

_WITH_MARK = frozenset({"utf_16", "utf_32"})


def codec_of(name: str) -> str:
    """Return Python's codec for a declared encoding; empty when it is not on the list."""
    return _KNOWN.get(name.lower(), "") if _SPELLING.fullmatch(name) else ""


def needs_byte_order_mark(codec: str) -> bool:
    """Return whether a file in this encoding needs a byte-order mark to be decoded."""
    return codec in _WITH_MARK


def keeps_ascii(codec: str) -> bool:
    """Return whether lines can be split, and digests read, before the bytes are decoded."""
    return codec in (UTF_8, "ascii") or codec.startswith(("iso8859_", "cp125", "koi8_", "mac_"))
