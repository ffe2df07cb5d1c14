"""Writing the tag files of a new BagIt 1.0 bag whose payload is already in place (RFC 8493 §2.1, §2.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from oais.files import create_file
from oais.information.fixity import FileFixity, hash_bytes
from sip.bag.paths import percent_encoded

MANIFEST_ALGORITHMS: Final = ("sha512", "sha256")
"""The digests of our bags, strongest first (§2.4 asks for sha512 by default)."""

_DECLARATION: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def write_tag_files(
    root: Path,
    tags: Iterable[tuple[str, str]],
    payload: Mapping[str, FileFixity],
    others: Mapping[str, bytes],
) -> None:
    """Write declaration, bag-info, manifests and tag manifests; ``others`` are tag files by their path.

    The same arguments give the same bytes. Raises OSError; nothing is replaced.
    """
    info = "".join(f"{label}: {single_line(value)}\n" for label, value in tags)
    files = {"bagit.txt": _DECLARATION, "bag-info.txt": info.encode(), **others}
    for algorithm in MANIFEST_ALGORITHMS:
        digests = {path: fixity.digests[algorithm] for path, fixity in payload.items()}
        files[f"manifest-{algorithm}.txt"] = _manifest(digests)
    for path, data in list(files.items()):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        create_file(root / path, data)
    fixities = {path: hash_bytes(data, MANIFEST_ALGORITHMS) for path, data in files.items()}
    for algorithm in MANIFEST_ALGORITHMS:
        digests = {path: fixity.digests[algorithm] for path, fixity in fixities.items()}
        create_file(root / f"tagmanifest-{algorithm}.txt", _manifest(digests))


def single_line(text: str) -> str:
    """Return a text fit for one value of bag-info.txt: no line ends, single spaces."""
    return " ".join(text.split())


def payload_oxum(payload: Mapping[str, FileFixity]) -> str:
    """Return bytes and files of the payload as ``OCTETS.STREAMS`` (§2.2.2)."""
    return f"{sum(fixity.size for fixity in payload.values())}.{len(payload)}"


def _manifest(digests: Mapping[str, str]) -> bytes:
    lines = (f"{digest}  {percent_encoded(path)}\n" for path, digest in sorted(digests.items()))
    return "".join(lines).encode()
