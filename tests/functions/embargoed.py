"""Deliveries under an embargo, made of any bag and the words of its ``submission.yaml``."""

from __future__ import annotations

from pathlib import Path

from oais.archive import Archive
from oais.functions.ingest import ingest
from oais.information.representation.inspection import Inspector
from tests.functions.deliveries import TAGS, write_bag

RULES = """
policies:
  open: {metadata: public, data: open, reason: free}
  observers:
    metadata: public
    data: embargo
    rule: {after_last_visit: 12 months, after_first_visit: 18 months, from_headers: true}
    reason: private to its owners
    exceptions: [{values: {progtype: ['40']}, reason: science demonstration}]
nodes:
  - {node: generic/products, policy: observers}
"""
REQUEST = "generic:OR 1"
SECRET = "representations/original/data/secret.csv"


def deliver(archive: Archive, inspector: Inspector, folder: Path, name: str, submission: str) -> None:
    """Take in a bag with one file and a ``submission.yaml``."""
    tags = {**TAGS, "Submission-Agreement": "generic", "External-Identifier": name}
    extra = {"metadata/submission.yaml": submission.encode()}
    bag = write_bag(folder / f"{name}.bag", {"secret.csv": name.encode()}, tags, extra_tags=extra)
    taken = ingest(archive, bag, inspector)
    assert taken.receipt.status == "accepted", taken.receipt.findings
