"""The other format written, and compared with the original, inside the limited child."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any, BinaryIO

from oais.information.representation.cef_ecsv import write_ecsv
from oais.information.representation.derived_tables import UNWRITTEN
from oais.information.representation.opening import (
    GZIP_MAGIC,
    GzipReader,
    Readable,
    decompressed,
    open_regular,
)

_COPIED = 1 << 20


def migrate(path: Path, target: Path, source: str) -> dict[str, Any]:
    """Write the file at ``path`` in the format its pathway leads to; raises ValueError."""
    with open_regular(path) as (stream, _):
        head = stream.read(len(GZIP_MAGIC))
        stream.seek(0)
        try:
            with target.open("xb") as written:
                if source == "oais/fits-gzip":
                    _copy(GzipReader(stream), written)
                else:
                    write_ecsv(decompressed(stream, head), written)
        except OSError as error:
            if error.errno == errno.EFBIG:
                raise ValueError("what is made of it would be larger than is allowed") from error
            return {UNWRITTEN: error.strerror or str(error)}
    return {}


def _copy(source: Readable, target: BinaryIO) -> None:
    while data := source.read(_COPIED):
        target.write(data)


def compare(path: Path, target: Path, source: str) -> dict[str, Any]:
    """Compare original and result by readers that did not write it; raises ValueError naming a difference."""
    if source == "oais/fits-gzip":
        from oais.information.representation.fits_comparison import READER, compare_fits

        return {"facts": compare_fits(path, target), "reader": READER}
    from oais.information.representation.ecsv_comparison import READER as ECSV_READER
    from oais.information.representation.ecsv_comparison import compare_ecsv

    return {"facts": compare_ecsv(path, target), "reader": ECSV_READER}
