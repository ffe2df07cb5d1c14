"""Reading a bag's own words: what it declares, lists and says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from oais.information.findings import Finding


@dataclass(frozen=True, slots=True)
class Bag:
    """A bag as its tag files tell it.

    ``tags`` holds bag-info.txt with the labels as first spelled, all values of a repeated label in
    order; ``manifests`` and ``tag_manifests`` hold for each algorithm the digest by path (decoded,
    relative to the bag); ``fetch`` holds what fetch.txt promises: path to (url, bytes or -1).
    """

    root: Path
    version: str
    encoding: str
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    manifests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tag_manifests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fetch: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    def tag(self, label: str) -> str:
        """Return the first value of a label, whatever its case; empty where it is missing."""
        wanted = label.casefold()
        for name, values in self.tags.items():
            if name.casefold() == wanted and values:
                return values[0]
        return ""


def read_bag(root: Path, *, intake: bool = False) -> tuple[Bag, list[Finding]]:
    """Read the tag files of the bag at ``root``; what is wrong with them comes as findings."""
    raise NotImplementedError(root, intake)
