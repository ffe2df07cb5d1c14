"""How deep an audit reads, and how often each depth is due."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from oais.settings import Settings


class Depth(StrEnum):
    """Light compares names and sizes, fast reads every byte with BLAKE3, full with sha512."""

    LIGHT = "light"
    FAST = "fast"
    FULL = "full"

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What each file is hashed with."""
        return _ALGORITHMS[self]


_ALGORITHMS: Final = {Depth.LIGHT: (), Depth.FAST: ("blake3",), Depth.FULL: ("sha512",)}


def depth_of(algorithms: Sequence[str]) -> Depth:
    """Return how deep an audit was that was to hash with these."""
    if "sha512" in algorithms:
        return Depth.FULL
    return Depth.FAST if algorithms else Depth.LIGHT


def cadence_days(settings: Settings, depth: Depth) -> int:
    """Return after how many days an AIP is due again; 0 means never by itself."""
    days = {
        Depth.LIGHT: settings.audit_light_days,
        Depth.FAST: settings.audit_fast_days,
        Depth.FULL: settings.audit_full_days,
    }
    return days[depth]
