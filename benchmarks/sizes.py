"""How much is measured: the sizes that the targets name, and smaller ones to try things out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """The amounts of each figure; ``runs`` is how often ours and the peer's alternate."""

    runs: int = 3
    files: int = 20_000
    file_bytes: int = 10 * 1024
    big_bytes: int = 1 << 30
    bags: int = 1_000
    peer_bags: int = 20
    many_files: int = 9_900
    few_files: int = 1_000
    aips: int = 20_000
    requests: int = 200
    places: int = 1_000
    entries: int = 10_000
    many_aips: int = 10_000
    sparse_bytes: int = 5 << 30
    restarted: int = 10_000


FULL = Sizes()
QUICK = Sizes(
    files=2_000,
    big_bytes=64 << 20,
    bags=50,
    peer_bags=5,
    many_files=1_000,
    few_files=100,
    aips=1_000,
    requests=50,
    places=100,
    entries=1_000,
    many_aips=500,
    sparse_bytes=256 << 20,
    restarted=500,
)
