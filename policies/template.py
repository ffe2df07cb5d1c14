"""Texts with ``{fields}`` in agreements: node paths, titles, identifiers.

A field is ``{name}`` or ``{name:form}``. Forms: ``int`` drops leading zeros, a number pads with zeros to
that width, ``upper`` and ``lower`` change case, ``slug`` makes it fit for a node path.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_FIELD = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?::([a-z]+|[0-9]{1,2}))?\}")
_FORMS = {"int", "upper", "lower", "slug"}
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,78}[a-z0-9])?")
"""One segment of a node path: lower-case ASCII, digits, ``. _ -``, 1 to 80 characters."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text with fields; ``fields`` are their names in order."""

    text: str

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields, in the order they occur."""
        return tuple(match[1] for match in _FIELD.finditer(self.text))

    def fill(self, values: Mapping[str, Any]) -> str:
        """Return the text with all fields filled; raises KeyError with the first field lacking a value."""
        return _FIELD.sub(lambda match: _formed(values, match[1], match[2] or ""), self.text)

    def pattern(self) -> re.Pattern[str]:
        """Return the pattern of filled node paths, one named group per field, none crossing a ``/``."""
        parts: list[str] = []
        position = 0
        seen: set[str] = set()
        for match in _FIELD.finditer(self.text):
            parts.append(re.escape(self.text[position : match.start()]))
            parts.append(f"(?P={match[1]})" if match[1] in seen else f"(?P<{match[1]}>[^/]+)")
            seen.add(match[1])
            position = match.end()
        parts.append(re.escape(self.text[position:]))
        return re.compile("".join(parts))


def template_fault(text: str) -> str:
    """Return what is wrong with a template, or an empty string."""
    for match in _FIELD.finditer(text):
        form = match[2] or "int"
        if form not in _FORMS and not form.isdigit():
            return f"unknown form {form!r} of field {match[1]!r}"
    rest = _FIELD.sub("", text)
    return "a brace that belongs to no field" if "{" in rest or "}" in rest else ""


def slug(text: str) -> str:
    """Return ``text`` as one segment of a node path: ``Paramètre 1`` becomes ``parametre-1``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9._]+", "-", plain).strip("-._")[:80] or "unnamed"


def _formed(values: Mapping[str, Any], name: str, form: str) -> str:
    value = values.get(name)
    if value is None or value == "":
        raise KeyError(name)
    text = str(value).strip()
    if form.isdigit():
        return text.lstrip("0").zfill(int(form))
    if form == "int":
        return text.lstrip("0") or "0"
    return {"upper": text.upper(), "lower": text.lower(), "slug": slug(text)}.get(form, text)
