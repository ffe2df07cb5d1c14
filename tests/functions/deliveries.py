"""Makes deliveries without using the code under test: plain BagIt written by the letter of RFC 8493."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

DEMO = Path(__file__).resolve().parents[2] / "demo" / "tess"

TAGS = {
    "Source-Organization": "NASA/Ames",
    "Contact-Email": "provider@example.org",
    "Submission-Agreement": "tess",
}


def write_bag(
    root: Path,
    payload: Mapping[str, bytes],
    tags: Mapping[str, str],
    *,
    extra_tags: Mapping[str, bytes] | None = None,
    algorithms: tuple[str, ...] = ("sha512", "sha256"),
) -> Path:
    """Write a BagIt 1.0 bag; ``payload`` paths are relative to ``data/``."""
    files = {f"data/{path}": data for path, data in payload.items()}
    oxum = f"{sum(map(len, payload.values()))}.{len(payload)}"
    info = "".join(f"{name}: {value}\n" for name, value in {**tags, "Payload-Oxum": oxum}.items())
    tag_files = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": info.encode(),
        **(extra_tags or {}),
        **{f"manifest-{name}.txt": _manifest(name, files) for name in algorithms},
    }
    manifests = {f"tagmanifest-{name}.txt": _manifest(name, tag_files) for name in algorithms}
    for path, data in {**files, **tag_files, **manifests}.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return root


def _manifest(algorithm: str, files: Mapping[str, bytes]) -> bytes:
    lines = (f"{hashlib.new(algorithm, data).hexdigest()}  {path}\n" for path, data in sorted(files.items()))
    return "".join(lines).encode()


def demo_payload(name: str) -> dict[str, bytes]:
    """Return the real products the repository carries: ``n0``, ``n1`` or ``hk``."""
    folder = DEMO / name
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def demo_bag(root: Path, name: str = "hk", identifier: str = "", **tags: str) -> Path:
    """Write a bag of real products under the demo's agreement."""
    named = {**TAGS, "External-Identifier": identifier or f"tess.tic55525572.s0005.{name}"}
    return write_bag(root, demo_payload(name), {**named, **tags})


def plain_bag(root: Path, identifier: str, payload: Mapping[str, bytes], **tags: str) -> Path:
    """Write a bag of anything under the agreement that takes any sound bag."""
    named = {**TAGS, "Submission-Agreement": "generic", "External-Identifier": identifier}
    return write_bag(root, payload, {**named, **tags})
