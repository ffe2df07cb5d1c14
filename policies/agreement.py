"""Submission agreements: their values, and reading them from YAML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from policies.terms import (
    Agreement,
    LevelInfo,
    MappingRule,
    NodeRule,
    Party,
    ProductRule,
    Requirement,
)

__all__ = [
    "Agreement",
    "LevelInfo",
    "MappingRule",
    "NodeRule",
    "Party",
    "ProductRule",
    "Requirement",
    "load_agreement",
    "load_agreements",
]


def load_agreement(path: Path) -> Agreement:
    """Read one agreement; raises ConfigurationError that lists every fault with its line."""
    raise NotImplementedError(path)


def load_agreements(directory: Path) -> Mapping[str, Agreement]:
    """Read all ``*.yaml`` of a directory, by name; raises ConfigurationError listing every fault of all."""
    raise NotImplementedError(directory)
