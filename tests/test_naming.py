"""Names of parametrised tests do not change with the hour in which they are collected."""

from __future__ import annotations

import gzip

import pytest


@pytest.mark.parametrize("data", [gzip.compress(b"", mtime=1), gzip.compress(b"", mtime=2)])
def test_bytes_are_called_by_their_argument(data: bytes, request: pytest.FixtureRequest) -> None:
    """A header that holds the hour is no part of a name."""
    assert request.node.name == f"{request.function.__name__}[data{data[4] - 1}]"


@pytest.mark.parametrize("data", [b"%00", b"../"])
def test_short_bytes_are_told(data: bytes, request: pytest.FixtureRequest) -> None:
    """What is short stands in the name, where a reader of a failure looks for it."""
    assert request.node.name == f"{request.function.__name__}[{data.decode()}]"
