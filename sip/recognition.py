"""Recognises a bag that is in already by its manifests, before a byte of its payload is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oais.information.findings import refuses
from oais.information.fixity import FileFixity, hash_file
from oais.walking import walk
from sip.bag.reading import read_bag
from sip.receive import content_digest


@dataclass(frozen=True, slots=True)
class Recognised:
    """Which content a bag claims to have, and under which agreement."""

    digest: str
    agreement: str


def recognise_content(bag_root: Path) -> Recognised | None:
    """Return the content a bag's sha512 manifest claims; None when it has none or is malformed.

    The claim is not trusted: it only saves copying what the archive already holds under that claim.
    """
    bag, findings = read_bag(bag_root)
    payload = bag.manifests.get("sha512")
    if payload is None or refuses(findings):
        return None
    files = {path: FileFixity(0, {"sha512": digest}) for path, digest in payload.items()}
    for entry in walk(bag_root):
        if entry.is_file and not entry.path.startswith("data/"):
            files[entry.path] = hash_file(bag_root / entry.path, ("sha512",))
    return Recognised(content_digest(files, bag.tag("External-Identifier")), bag.tag("Submission-Agreement"))
