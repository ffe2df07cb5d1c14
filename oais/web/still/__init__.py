"""A still copy of the site: what a stranger may see, as files that need no server."""

from __future__ import annotations

from oais.web.still.copying import StillCopy, make_still_copy

__all__ = ["StillCopy", "make_still_copy"]
