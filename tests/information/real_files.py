"""The rows of the real files' manifest, for tests that go over all of them."""

from __future__ import annotations

import csv
import re
from pathlib import Path

FITS_NAME = re.compile(r"\.(fits|fts)(\.gz)?\Z")


def manifest(shared: Path) -> list[dict[str, str]]:
    """Return the rows of MANIFEST.tsv."""
    with (shared / "data" / "MANIFEST.tsv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


def real_paths(shared: Path) -> list[tuple[str, Path]]:
    """Return name and place of every real file."""
    return [(row["path"], shared / "data" / row["path"]) for row in manifest(shared)]
