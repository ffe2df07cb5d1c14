"""How much of the proofs is run."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a test run prove a drawn share of what ``run.py proofs storage`` proves whole."""
    for option, what in (("--every", "step, with all its faults"), ("--moments", "moment without power")):
        parser.addoption(
            option,
            type=int,
            default=1,
            metavar="N",
            help=f"proofs of storage: meet only every N-th {what}, from a drawn one on",
        )
    parser.addoption(
        "--pictures",
        metavar="FOLDER",
        help="proofs of the site: keep a picture of every page here, for a person to look at",
    )
