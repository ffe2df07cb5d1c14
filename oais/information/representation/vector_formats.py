"""Which reader opens the vectors of which format."""

from __future__ import annotations

from typing import BinaryIO

from oais.information.representation.cdf_vectors import cdf_vectors
from oais.information.representation.cef_vectors import cef_vectors
from oais.information.representation.fits_vectors import fits_vectors
from oais.information.representation.opening import GzipReader, Readable
from oais.information.representation.signatures import CDF_FORMATS, CEF_FORMATS, FITS_FORMATS
from oais.information.representation.vectors import Vectors


def open_vectors(stream: BinaryIO, format_id: str, unit: int | None) -> Vectors:
    """Open a table for its vectors, of FITS that in HDU ``unit`` or the first; raises ValueError."""
    if format_id in FITS_FORMATS:
        return fits_vectors(stream, unit)
    if format_id in CDF_FORMATS:
        return cdf_vectors(stream)
    if format_id in CEF_FORMATS:

        def opened() -> Readable:
            return GzipReader(stream) if format_id == "oais/cef-gzip" else stream

        return cef_vectors(stream, opened)
    raise ValueError(f"no column with several numbers a row is read from the format {format_id}")


def vector_names(stream: BinaryIO, format_id: str) -> list[tuple[str, str]]:
    """Return name and unit of the vectors of a CDF or CEF that can be drawn; none of other formats."""
    if format_id not in CDF_FORMATS | CEF_FORMATS:
        return []
    try:
        columns = open_vectors(stream, format_id, None).columns
    except ValueError:
        return []
    return [(one.name, one.unit) for one in columns.values() if not one.fault]
