"""Builds a DIP: a BagIt 1.0 bag made to order, as a directory or as one zip file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from oais.information.signature import Signer


@dataclass(frozen=True, slots=True)
class DipItem:
    """One file to deliver: its path in the bag's payload, where its bytes lie, and what they must be."""

    path: str
    source: Path
    size: int
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DipOrder:
    """All that a DIP is made from; the same order gives the same bytes.

    ``metadata`` are tag files below ``metadata/`` with their bytes; ``at`` is the time of the order (UTC).
    """

    order_id: str
    title: str
    items: tuple[DipItem, ...]
    metadata: Mapping[str, bytes]
    citation: str
    licence: str
    source_organization: str
    at: str


@dataclass(frozen=True, slots=True)
class Dip:
    """A finished DIP: where it is, its size in bytes, and the sha512 of its payload manifest."""

    path: Path
    size: int
    manifest_digest: str


def build_dip(
    order: DipOrder,
    target: Path,
    signer: Signer | None = None,
    *,
    container: Literal["directory", "zip"] = "zip",
) -> Dip:
    """Build the bag at ``target``; raises DamageError when a stored byte is wrong, and leaves nothing."""
    raise NotImplementedError
