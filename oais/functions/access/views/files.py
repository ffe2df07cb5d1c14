"""Stored files, as they are shown and handed out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class FileView:
    """A file of one version: its logical path, size and digests by algorithm."""

    path: str
    name: str
    size: int
    digests: Mapping[str, str]
    media_type: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A product as a row of its AIP: what it is and how to check that it came over whole."""

    path: str
    name: str
    size: int
    digests: Mapping[str, str]
    kind: str
    level: str
    product_type: str
    format_name: str
    format_id: str
    media_type: str


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """The right to read one stored file, and where: made by ``Access.open_file`` only.

    ``grant`` is what ``decide`` gave; ``public`` tells whether anybody would have got it, so that a cache may
    keep the answer. ``node`` is the data set it belongs to, empty for a description, which is no data.
    """

    grant: Any
    disk_path: Path = field(repr=False)
    name: str
    size: int
    digests: Mapping[str, str]
    media_type: str
    public: bool
    node: str
