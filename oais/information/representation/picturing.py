"""Drawings made pictures in the limited processes: the parent's side.

It takes tenths of a second during which a process does nothing else; the site's own goes on meanwhile.
"""

from __future__ import annotations

import base64
from typing import Final

from oais.errors import StorageError
from oais.information.representation.limited import kept_pool
from oais.information.representation.reading import SECONDS
from oais.information.text import printable

MOST_PIXELS: Final = 8_000_000
LONGEST_SIDE: Final = 8_192
_LARGEST: Final = 16 << 20


def png_of(drawing: str) -> bytes:
    """Return a PNG of a drawing in SVG, twice its size as far as that stays within bounds.

    Raises StorageError for what cannot be drawn.
    """
    remedy = "take it as SVG"
    if len(drawing) > _LARGEST:
        raise StorageError("this drawing is too large to be made a PNG", remedy=remedy)
    (answer,) = kept_pool(SECONDS).ask([{"task": "picture", "drawing": drawing}])
    if "fault" in answer:
        reason = printable(str(answer["fault"]))
        raise StorageError(f"this drawing cannot be made a PNG: {reason}", remedy=remedy)
    return base64.b64decode(answer["result"])
