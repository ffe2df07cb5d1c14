"""Unpacking a tar that the tests trust, as every Python that the archive supports can."""

from __future__ import annotations

import tarfile
from pathlib import Path


def unpack(archive: tarfile.TarFile, place: Path) -> None:
    """Unpack a tar; early patch releases of Python 3.11 (Debian 12 has one) know no ``filter`` yet."""
    archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _path: member)
    archive.extractall(place)
