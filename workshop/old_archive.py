"""Writes the small archive that later releases must be able to read: ``tests/old_archives/format-N.tar.gz``.

``python -m workshop.old_archive`` delivers products of ``demo/`` with the release that is checked out. It is
run once for each number of the format, and then what it wrote never changes.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from oais.archive import open_archive
from oais.functions.administration import initialise
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.submission import submit
from oais.settings import FORMAT

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "old_archives"
KEPT = ("oais.yaml", "policies", "keys/trusted", "keys/archive.pub", "aip", "ledger", "sip/refused")
"""What is kept of the home: all that cannot be made again, but the secret keys and the people."""


class _Clock:
    """Tells a time that moves one second at each look."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def main() -> int:
    """Write the archive of the format of this release, unless there is one."""
    target = FOLDER / f"format-{FORMAT}.tar.gz"
    if target.exists():
        sys.stderr.write(f"{target.name} is there, and never changes\n")
        return 1
    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "home"
        initialise(home, name="An old archive")
        archive = open_archive(home, clock=_Clock())
        for disposition in submit(archive, list(_deliveries(Path(place)))):
            sys.stdout.write(f"{disposition.receipt.status if disposition.receipt else disposition.error}\n")
        run_audit(archive, select_for_audit(archive, None, None, 0), full=True)
        _pack(home, target)
    sys.stdout.write(f"{target.name}: {target.stat().st_size} bytes\n")
    return 0


def _deliveries(place: Path) -> list[Path]:
    """Write the deliveries: a product in two versions, housekeeping, and one that is refused."""
    demo = ROOT / "demo" / "tess"
    curve, revised = place / "curve.bag", place / "revised.bag"
    files = {str(path.relative_to(demo / "n1")): path for path in (demo / "n1").rglob("*") if path.is_file()}
    payload = {name: path.read_bytes() for name, path in files.items()}
    _bag(curve, "tess.old.curve", payload, "tess")
    _bag(revised, "tess.old.curve", {**payload, "documents/errata.txt": b"There are none so far.\n"}, "tess")
    (keeping,) = (demo / "hk").glob("*.fits")
    _bag(place / "hk.bag", "tess.old.hk", {keeping.name: keeping.read_bytes()}, "tess")
    _bag(place / "table.bag", "old.table", {"table.csv": b"time,flux\n1,2\n"}, "generic")
    _bag(place / "broken.bag", "tess.old.broken", {"broken.fits": keeping.read_bytes()[:5000]}, "tess")
    names = ("curve", "revised", "hk", "table", "broken")
    return [place / f"{name}.bag" for name in names]


def _bag(root: Path, identifier: str, payload: Mapping[str, bytes], agreement: str) -> None:
    """Write a bag by the letter of RFC 8493."""
    tags = {
        "Source-Organization": "NASA/Ames",
        "Contact-Email": "provider@example.org",
        "External-Identifier": identifier,
        "Submission-Agreement": agreement,
        "Payload-Oxum": f"{sum(map(len, payload.values()))}.{len(payload)}",
    }
    files = {f"data/{name}": data for name, data in payload.items()}
    lines = [f"{hashlib.sha512(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())]
    files["bagit.txt"] = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    files["bag-info.txt"] = "".join(f"{name}: {value}\n" for name, value in tags.items()).encode()
    files["manifest-sha512.txt"] = "".join(lines).encode()
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)


def _pack(home: Path, target: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=9, format=tarfile.PAX_FORMAT) as tar:
        for name in KEPT:
            if (home / name).exists():
                tar.add(home / name, f"home/{name}", filter=_nobodys)
    target.parent.mkdir(exist_ok=True)
    with target.open("xb") as stream:
        packed.seek(0)
        shutil.copyfileobj(packed, stream)


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Keep the machine it was made on out of it."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    sys.exit(main())
