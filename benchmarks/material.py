"""Makes what is measured: plain bags by the letter of RFC 8493, small files cut from real ones."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

DEMO = Path(__file__).resolve().parents[1] / "demo" / "tess"
_IN_ONE_FOLDER = 1_000
_BLOCK = 1 << 20


def random_files(number: int, size: int, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """Yield names and bytes of files that do not compress and are all different."""
    dice = random.Random(seed)
    for count in range(number):
        yield f"{count // _IN_ONE_FOLDER:03}/file-{count:06}.dat", dice.randbytes(size)


def write_bag(root: Path, payload: Iterator[tuple[str, bytes]], identifier: str, agreement: str) -> Path:
    """Write a BagIt 1.0 bag with sha512 manifests; ``payload`` gives paths below ``data/`` and bytes."""
    lines, total, count = [], 0, 0
    for path, data in payload:
        target = root / "data" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        lines.append(f"{hashlib.sha512(data).hexdigest()}  data/{path}\n")
        total, count = total + len(data), count + 1
    return _with_tags(root, "".join(lines), f"{total}.{count}", identifier, agreement)


def write_big_bag(root: Path, size: int, identifier: str, name: str = "big.dat", head: bytes = b"") -> Path:
    """Write a bag of one file of ``size`` bytes that begins with ``head``."""
    (root / "data").mkdir(parents=True)
    digest, dice, left = hashlib.sha512(head), random.Random(2), size - len(head)
    with (root / "data" / name).open("wb") as stream:
        stream.write(head)
        while left:
            block = dice.randbytes(min(left, _BLOCK))
            digest.update(block)
            stream.write(block)
            left -= len(block)
    return _with_tags(root, f"{digest.hexdigest()}  data/{name}\n", f"{size}.1", identifier, "generic")


def _with_tags(root: Path, manifest: str, oxum: str, identifier: str, agreement: str) -> Path:
    tags: Mapping[str, str] = {
        "Source-Organization": "Benchmark",
        "Contact-Email": "provider@example.org",
        "Submission-Agreement": agreement,
        "External-Identifier": identifier,
        "Payload-Oxum": oxum,
    }
    files = {
        "bagit.txt": "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": "".join(f"{name}: {value}\n" for name, value in tags.items()),
        "manifest-sha512.txt": manifest,
    }
    digests = {name: hashlib.sha512(text.encode()).hexdigest() for name, text in files.items()}
    files["tagmanifest-sha512.txt"] = "".join(f"{digest}  {name}\n" for name, digest in digests.items())
    for name, text in files.items():
        (root / name).write_bytes(text.encode())
    return root


def bag_of_files(root: Path, number: int, size: int, identifier: str = "bench.files") -> Path:
    """Write a bag of ``number`` files of ``size`` bytes in folders of a thousand."""
    return write_bag(root, random_files(number, size, seed=number), identifier, "generic")


def bags_of_fits(folder: Path, number: int) -> list[Path]:
    """Write ``number`` bags of three small real FITS files each, no two files the same."""
    cuts = fits_cuts()
    bags = []
    for count in range(number):
        payload = ((f"cut{count:05}-{part}_hk.fits", data) for part, data in enumerate(islice(cuts, 3)))
        bags.append(write_bag(folder / f"bag-{count:05}", payload, f"tess.bench.{count:05}", "tess"))
    return bags


def small_bags(folder: Path, number: int) -> list[Path]:
    """Write ``number`` bags of one small file each, no two files the same."""
    return [
        write_bag(
            folder / f"bag-{count:05}",
            iter([(f"file-{count:05}.txt", f"file number {count} of a bounded archive\n".encode())]),
            f"bounded.{count:05}",
            "generic",
        )
        for count in range(number)
    ]


def sparse_bag(root: Path, size: int, identifier: str) -> Path:
    """Write a bag of one file that has ``size`` bytes and takes no room on the disk."""
    (root / "data").mkdir(parents=True)
    with (root / "data" / "sparse.dat").open("wb") as stream:
        stream.truncate(size)
    digest, left = hashlib.sha512(), size
    while left:
        block = bytes(min(left, _BLOCK))
        digest.update(block)
        left -= len(block)
    manifest = f"{digest.hexdigest()}  data/sparse.dat\n"
    return _with_tags(root, manifest, f"{size}.1", identifier, "generic")


def fits_cuts(rows: int = 50) -> Iterator[bytes]:
    """Yield tables of ``rows`` cadences cut from the demo's housekeeping, with right checksums, endlessly."""
    from io import BytesIO

    from astropy.io import fits

    source = next((DEMO / "hk").glob("*.fits"))
    with source.open("rb") as stream, fits.open(stream) as opened:
        primary, table = opened[0].copy(), opened[1].copy()
    table.header["CUT"] = (0, "number of this cut")
    whole, number = table.data, 0
    while True:
        start = number % (len(whole) - rows)
        cut = fits.BinTableHDU(whole[start : start + rows].copy(), table.header)
        cut.header["CUT"] = number
        written = BytesIO()
        fits.HDUList([primary, cut]).writeto(written, checksum=True)
        yield written.getvalue()
        number += 1
