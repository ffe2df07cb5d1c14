"""Withdrawal of an AIP: asked for by one archivist, approved by another, and a tombstone remains."""
