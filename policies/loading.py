"""All policies of an archive at once: agreements, access rules and the tree they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from policies.terms import Agreement
from policies.tree import Tree


@dataclass(frozen=True, slots=True)
class PolicySet:
    """The policies in force, read together and never changed; ``digests`` is the sha256 of each file."""

    agreements: Mapping[str, Agreement]
    access: object
    tree: Tree
    digests: Mapping[str, str]


def load_policies(directory: Path) -> PolicySet:
    """Read ``access.yaml`` and ``agreements/*.yaml``; raises ConfigurationError listing every fault."""
    raise NotImplementedError(directory)
