"""A small writer of PDFs (ISO 32000-1, 7.5): pages of text cells at their places, and spoiled ones."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

Cell = tuple[float, float, str]
"""Where a text begins, in points from the left and from the bottom of the page, and the text."""

_TOP, _LINE = 760.0, 16.0


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table, or single lines: each is the texts of its cells, the second at ``second`` points."""

    rows: Sequence[tuple[str, ...]]
    second: float = 320.0

    def cells(self) -> list[Cell]:
        """Return each text with its place, rows from the top down."""
        columns = (60.0, self.second, self.second + 160.0)
        return [
            (columns[number], _TOP - _LINE * row, text)
            for row, texts in enumerate(self.rows)
            for number, text in enumerate(texts)
        ]


def pdf(pages: Sequence[Sequence[Cell]], *, packed: bool = True, trailer: str = "") -> bytes:
    """Return a PDF whose pages hold these cells, in Helvetica; ``trailer`` adds to its trailer."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, cells in enumerate(pages):
        content = 5 + 2 * number
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {content} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        bodies.append(stream_object(_drawn(cells), packed=packed))
    return written(bodies, trailer)


def stream_object(data: bytes, *, packed: bool = True, more: str = "") -> bytes:
    """Return the body of a stream object (7.3.8), deflated where it is to be packed."""
    held = zlib.compress(data) if packed else data
    how = "/Filter /FlateDecode " if packed else ""
    return f"<< {how}{more}/Length {len(held)} >>\nstream\n".encode() + held + b"\nendstream"


def written(bodies: Sequence[bytes], trailer: str = "") -> bytes:
    """Return a file of numbered objects and their cross-reference table (7.5.4), the catalogue first."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    out += (
        f"trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{table}\n%%EOF\n".encode()
    )
    return bytes(out)


def _drawn(cells: Sequence[Cell]) -> bytes:
    parts = [f"BT /F1 10 Tf {x:g} {y:g} Td ({_escaped(text)}) Tj ET" for x, y, text in cells]
    return "\n".join(parts).encode("cp1252")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
