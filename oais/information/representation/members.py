"""What a container holds, listed without unpacking it: the members of a tar, a tar.gz or a zip."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import BinaryIO, Final, cast

from oais.information.representation.opening import GzipReader
from oais.information.representation.series import Table
from oais.information.text import printable

TAR: Final = "x-fmt/265"
GZIP: Final = "x-fmt/266"
ZIP: Final = "x-fmt/263"
CONTAINERS: Final = frozenset({TAR, GZIP, ZIP})

MOST_MEMBERS: Final = 100_000
_LONGEST_NAME: Final = 1_000

Member = tuple[str, int, str]


def member_table(stream: BinaryIO, format_id: str) -> Table:
    """Return name, size in bytes and time of change of each member, in their order.

    Raises ValueError for what is no container, is damaged, or has more than ``MOST_MEMBERS``.
    """
    try:
        found = list(islice(_members(stream, format_id), MOST_MEMBERS + 1))
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise ValueError(f"no container that can be listed: {error}") from error
    if len(found) > MOST_MEMBERS:
        raise ValueError(f"it has more than {MOST_MEMBERS} members")
    rows = [[printable(name, _LONGEST_NAME), str(size), changed] for name, size, changed in found]
    return Table(["member", "size", "changed"], ["", "byte", "UTC"], rows)


def _members(stream: BinaryIO, format_id: str) -> Iterator[Member]:
    if format_id == ZIP:
        with zipfile.ZipFile(stream) as container:
            for each in container.infolist():
                yield (
                    each.filename,
                    each.file_size,
                    "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format(*each.date_time),
                )
        return
    source = cast(BinaryIO, GzipReader(stream)) if format_id == GZIP else stream
    # As a stream: headers are read one after the other, contents are passed over and never kept.
    with tarfile.open(fileobj=source, mode="r|") as container:
        while (member := container.next()) is not None:
            container.members = []  # type: ignore[attr-defined]  # or all of them would be kept
            yield member.name, member.size, _moment(member.mtime)


def _moment(seconds: float) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return ""
