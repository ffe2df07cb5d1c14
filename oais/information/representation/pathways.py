"""The ways from one format to another that lose nothing, each with how it is made and how it is proven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Pathway:
    """One way: formats by id, the ending that goes and the one that comes, and both halves in words."""

    source: str
    target: str
    endings: tuple[str, ...]
    ending: str
    made: str
    proven: str

    def renamed(self, name: str) -> str:
        """Return the name that a file has afterwards."""
        for old in self.endings:
            if name.lower().endswith(old):
                return name[: len(name) - len(old)] + self.ending
        return name + self.ending


_TO_ECSV: Final = (
    "records written as ECSV 1.0, each number in the file's own digits, the whole header kept in its meta",
    "astropy read every value, unit and fill value back and compared them with a second reading of the CEF",
)

PATHWAYS: Final = (
    Pathway(
        "oais/fits-gzip",
        "x-fmt/383",
        (".gz",),
        "",
        "gzip taken away (RFC 1952), no byte of the FITS changed",
        "a second decompressor gave the same bytes, astropy the same headers and data in every HDU of both",
    ),
    Pathway("oais/cef", "oais/ecsv", (".cef",), ".ecsv", *_TO_ECSV),
    Pathway("oais/cef-gzip", "oais/ecsv", (".cef.gz", ".gz"), ".ecsv", *_TO_ECSV),
)


def pathway(source: str, target: str) -> Pathway | None:
    """Return the way from one format to another, or None."""
    return next((way for way in PATHWAYS if (way.source, way.target) == (source, target)), None)
