"""Deliveries that are read by one process, kept over all of them."""

from tests.readers import inspector, readers_lent

__all__ = ["inspector", "readers_lent"]
