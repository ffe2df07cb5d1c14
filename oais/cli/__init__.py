"""The command line, one file per actor: producer, consumer, management."""

from __future__ import annotations

import sys


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns 0 good, 1 refused or invalid, 2 asked wrongly, 3 damage, 4 storage."""
    from oais.cli.commands import run

    return run(sys.argv[1:] if argv is None else argv)
