"""What a DIP is made from and what comes out: plain values that the functions of the archive fill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from oais.errors import RefusedError

ACCESS_DECISION = "access-decision.json"
"""Place below ``metadata/`` for the decision that released the DIP and the policy version behind it."""

LEDGER_PROOF = "ledger-proof.json"
LEDGER_FILES = "ledger-files.txt"
"""Places below ``metadata/`` for the proof that a version stands in the ledger, and for its listing."""


@dataclass(frozen=True, slots=True)
class DipItem:
    """One file to deliver: its path in the bag's payload, where its bytes lie, and what they must be.

    ``digests`` come from the AIP's inventory and hold at least ``sha512`` and ``sha256``.
    """

    path: str
    source: Path
    size: int
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DipOrder:
    """All that a DIP is made from; the same order gives the same bytes.

    ``records`` are stored files that go below ``metadata/`` and ``metadata`` files made for this order, by
    their path there; ``at`` is the time of the order (UTC, ISO 8601 with Z); ``order_id`` names the bag's
    folder; ``keys_address`` is the page where the archive shows its public keys, empty when it has none.
    """

    order_id: str
    title: str
    items: tuple[DipItem, ...]
    metadata: Mapping[str, bytes]
    citation: str
    licence: str
    source_organization: str
    at: str
    keys_address: str = ""
    records: tuple[DipItem, ...] = ()

    @property
    def payload_size(self) -> int:
        """Bytes of all items."""
        return sum(item.size for item in self.items)


@dataclass(frozen=True, slots=True)
class Dip:
    """A finished DIP: where it is, its size in bytes, and the sha512 of its payload manifest."""

    path: Path
    size: int
    manifest_digest: str


def check_order(order: DipOrder) -> None:
    """Raise RefusedError when the order has no items, a path twice, or one that leads out of the bag."""
    if not order.items:
        raise RefusedError(f"order {order.order_id} names no file", remedy="select at least one file")
    _check_path(order.order_id)
    if "/" in order.order_id:
        raise RefusedError(f"{order.order_id!r} cannot be the name of a folder")
    seen: set[str] = set()
    payload = [f"data/{item.path}" for item in order.items]
    for path in (*payload, *order.metadata, *(record.path for record in order.records)):
        _check_path(path)
        if path in seen:
            raise RefusedError(f"{path!r} stands twice in order {order.order_id}")
        seen.add(path)
    for item in (*order.items, *order.records):
        if not {"sha256", "sha512"} <= set(item.digests):
            raise RefusedError(f"{item.path!r} has no sha256 and sha512 on record")


def _check_path(path: str) -> None:
    parts = path.split("/")
    if not path.isprintable() or any(part in ("", ".", "..") for part in parts):
        raise RefusedError(f"{path!r} is not a path inside a bag")
