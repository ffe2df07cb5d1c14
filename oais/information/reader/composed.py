"""Puts ``verify.py`` together from its parts: the head, what they import, then part after part."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

VERIFY = "verify.py"
"""The name of the program wherever it lies."""

_PARTS = (
    *("head", "folder", "ed25519", "trust", "withdrawals", "storage_root"),
    *("ocfl_object", "proofs", "ledger", "bag", "command"),
)
_IMPORT = re.compile(r"^import \w+$", re.MULTILINE)
_FROM = re.compile(r"^from (?!oais)(\S+) import (.+)$", re.MULTILINE)
_CUT = "\n# -- "
_NUMBER = re.compile(rb"^READER = (\d+)\b", re.MULTILINE)


@cache
def verify_program() -> bytes:
    """Return the bytes of ``verify.py``; the same release gives the same bytes."""
    folder = files("oais.information.reader")
    texts = [folder.joinpath(f"{part}.py").read_text("utf-8") for part in _PARTS]
    heads, bodies = zip(*(text.split(_CUT, 1) for text in texts), strict=True)
    docstring = texts[0].split('"""', 2)[1]
    imports = _imports("\n".join(heads))
    joined = "\n\n".join(f"# -- {body.strip()}\n" for body in bodies)
    head = "\n".join(("#!/usr/bin/env python3", f'"""{docstring}"""', "", *imports))
    return f"{head}\n\n{joined}".encode()


def _imports(heads: str) -> list[str]:
    """Return each import once: whole modules first, then what is taken out of others."""
    names: dict[str, set[str]] = {}
    for module, taken in _FROM.findall(heads):
        names.setdefault(module, set()).update(taken.split(", "))
    taken = [f"from {module} import {', '.join(sorted(names[module]))}" for module in sorted(names)]
    return [*sorted(set(_IMPORT.findall(heads))), *taken]


def is_older(program: bytes) -> bool:
    """Return whether a ``verify.py`` is to give way to ours: an older one, or a damaged one of ours.

    One of a later release stays, whatever opens the archive after it.
    """
    if program == verify_program():
        return False
    theirs, ours = reader_number(program), reader_number(verify_program())
    return theirs <= ours


def reader_number(program: bytes) -> int:
    """Return which reader a program says it is, 0 where it says nothing."""
    match = _NUMBER.search(program)
    return int(match[1]) if match else 0
