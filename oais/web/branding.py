"""The look of one archive among others: its own colour on the pages and in the mark."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from oais.errors import ConfigurationError

BRAND_SHEET: Final = "brand.css"
MARK: Final = "mark.svg"

_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_PAPER: Final = "#faf9f6"
"""The lightest ground that links stand on (``--paper`` in site.css)."""

_OWN_GROUND: Final = b"#12182b"
_LEAST_CONTRAST: Final = 4.5
"""WCAG 2.2, success criterion 1.4.3."""

_SHEET: Final = """\
:root {{ --link:{0}; --mark:{0} }}
@media (prefers-color-scheme: dark) {{
  :root {{ --link:color-mix(in srgb, {0} 40%, white); --mark:color-mix(in srgb, {0} 40%, white) }}
}}
.hero {{ background-color:color-mix(in srgb, {0} 45%, #0b0f1c) }}
"""


def branded(files: Mapping[str, bytes], colour: str) -> dict[str, bytes]:
    """Return the files of the look in a colour (``#rrggbb``): a sheet more, and the mark on that ground.

    Without a colour they are the software's own. Raises ConfigurationError for what is no colour, or too
    light to be read.
    """
    if not colour:
        return dict(files)
    if not _COLOUR.fullmatch(colour):
        raise ConfigurationError(
            f"the setting 'colour' is {colour[:40]!r}, expected a colour such as '#2b4a9b'",
            remedy="write # and six hexadecimal digits, in quotes",
        )
    contrast = contrast_of(colour, _PAPER)
    if contrast < _LEAST_CONTRAST:
        raise ConfigurationError(
            f"links in the colour {colour} could not be read: its contrast on the pages is {contrast:.1f}, "
            f"at least {_LEAST_CONTRAST} is needed",
            remedy="choose a darker colour; dark screens get a lighter shade of it by themselves",
        )
    mark = files[MARK].replace(_OWN_GROUND, colour.encode())
    return {**files, MARK: mark, BRAND_SHEET: _SHEET.format(colour).encode()}


def contrast_of(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2, contrast ratio)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
