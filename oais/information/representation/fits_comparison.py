"""A gzipped FITS file against the plain one made of it, read by the standard library and astropy."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any, BinaryIO, cast

import astropy
import numpy as np
from astropy.io import fits

from oais.information.representation.opening import open_regular

READER = f"astropy {astropy.__version__}"
_READ = 1 << 20


def compare_fits(path: Path, target: Path) -> dict[str, int]:
    """Return how much was found equal: HDUs, header cards, bytes of data; raises ValueError where it differs.

    The bytes are compared first, decompressed by ``gzip``, which is not what wrote them; then each HDU.
    """
    with (
        open_regular(path) as (packed, _),
        open_regular(target) as (plain, size),
        gzip.GzipFile(fileobj=packed) as unpacked,
    ):
        if _digest(cast("BinaryIO", unpacked)) != _digest(plain):
            raise ValueError("a second decompressor gives other bytes")
        unpacked.seek(0)
        plain.seek(0)
        hdus, cards = _compared(unpacked, plain)
    return {"HDUs": hdus, "header cards": cards, "bytes": size}


def _digest(stream: BinaryIO) -> bytes:
    found = hashlib.sha512()
    while data := stream.read(_READ):
        found.update(data)
    return found.digest()


def _compared(unpacked: Any, plain: Any) -> tuple[int, int]:
    options = {"memmap": False, "do_not_scale_image_data": True, "disable_image_compression": True}
    with fits.open(unpacked, **options) as old, fits.open(plain, **options) as new:
        if len(old) != len(new):
            raise ValueError(f"astropy finds {len(old)} HDUs in the original and {len(new)} in the result")
        cards = 0
        for number, (before, after) in enumerate(zip(old, new, strict=True)):
            if before.header.tostring() != after.header.tostring():
                raise ValueError(f"HDU {number}: the headers differ")
            if not _same(before.data, after.data):
                raise ValueError(f"HDU {number}: the data differ")
            cards += len(before.header)
        return len(old), cards


def _same(before: Any, after: Any) -> bool:
    """Return whether two arrays as they are stored are the same to the bit, so that NaN equals NaN."""
    if before is None or after is None:
        return before is after
    old, new = np.asarray(before), np.asarray(after)
    return old.dtype == new.dtype and old.shape == new.shape and old.tobytes() == new.tobytes()
