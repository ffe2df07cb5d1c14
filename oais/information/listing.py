"""Files and their digests as one text, whose own digest stands for all of them."""

from __future__ import annotations

from collections.abc import Mapping


def listing(digests: Mapping[str, str]) -> bytes:
    """Return digests by path as ``sha512sum -c`` reads them: a line ``digest  path`` each, sorted by path.

    A path that is not UTF-8 stands there byte for byte.
    """
    lines = (f"{digests[path]}  {path}\n" for path in sorted(digests))
    return b"".join(line.encode("utf-8", "surrogateescape") for line in lines)
