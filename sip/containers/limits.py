"""How much a container may ask of us, and how a member that asks too much ends the unpacking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RATIO_FLOOR: Final = 1 << 20
"""Bytes that any container may unpack to, however small it is itself."""


@dataclass(frozen=True, slots=True)
class ContainerLimits:
    """Bytes and members after unpacking, and how many times its own size a container may grow to."""

    bytes: int = 1 << 40
    members: int = 1_000_000
    ratio: int = 200

    def by_ratio(self, packed: int) -> int:
        """Return how many bytes ``packed`` bytes may become."""
        return max(RATIO_FLOOR, self.ratio * packed)


class ContainerFault(Exception):  # noqa: N818 - a fault of the container, told as a finding
    """The container cannot be read on; carries the finding's code, the member and the message."""

    def __init__(self, code: str, path: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.path = path
        self.message = message
