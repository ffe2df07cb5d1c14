"""What the index needs to know of the tree, said so that `policies` need not be known."""

from __future__ import annotations

from typing import Protocol


class PlannedNode(Protocol):
    """What the index needs to know of a node of the tree; ``policies.tree.Node`` has more."""

    @property
    def path(self) -> str:
        """Slugs joined by ``/``, the mission's first."""

    @property
    def title(self) -> str:
        """What people call it."""

    @property
    def description(self) -> str:
        """What it holds, in a sentence or two."""

    @property
    def kind(self) -> str:
        """``mission``, ``branch`` or ``data set``."""

    @property
    def level(self) -> str:
        """The native level, or nothing."""

    @property
    def mission(self) -> str:
        """The mission's name."""

    @property
    def theme(self) -> str:
        """The theme it is grouped under."""

    @property
    def order(self) -> int:
        """Its place among its siblings."""
