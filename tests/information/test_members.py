"""Members of containers: listed in their order, within limits, and never unpacked."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

import pytest

from oais.information.representation import members
from oais.information.representation.members import GZIP, TAR, ZIP, member_table

NAMES = ("b/two.txt", "a/one.txt", "é\n.txt")


def tar(count: int = 0) -> bytes:
    """A tar of three files, or of many empty ones."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as container:
        for number, name in enumerate(map(str, range(count)) if count else NAMES):
            member = tarfile.TarInfo(name)
            member.size = 0 if count else number * 1_000
            container.addfile(member, io.BytesIO(bytes(member.size)))
    return data.getvalue()


def zipped() -> bytes:
    """The same as a zip."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as container:
        for number, name in enumerate(NAMES):
            container.writestr(zipfile.ZipInfo(name, (2007, 2, 28, 1, 2, 4)), bytes(number * 1_000))
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "format_id", "changed"),
    [
        (tar(), TAR, "1970-01-01T00:00:00"),
        (gzip.compress(tar(), mtime=0), GZIP, "1970-01-01T00:00:00"),
        (zipped(), ZIP, "2007-02-28T01:02:04"),
    ],
)
def test_members_are_listed_in_order(data: bytes, format_id: str, changed: str) -> None:
    """Each with its size; a name that would break a line is made harmless."""
    found = member_table(io.BytesIO(data), format_id)
    assert found.names == ["member", "size", "changed"]
    assert [row[1:] for row in found.rows] == [[str(n * 1_000), changed] for n in range(3)]
    assert [row[0] for row in found.rows][:2] == list(NAMES[:2])
    assert "\n" not in found.rows[2][0]


@pytest.mark.parametrize(
    ("data", "format_id"),
    [
        (gzip.compress(b"only text, and no container at all", mtime=0), GZIP),
        (zipped()[:100], ZIP),
        (tar()[:100], TAR),
    ],
)
def test_what_is_no_container_is_told(data: bytes, format_id: str) -> None:
    """A gzip of something else and one that was cut are no list."""
    with pytest.raises(ValueError, match="no container that can be listed"):
        member_table(io.BytesIO(data), format_id)


def test_more_members_than_are_listed_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is said in place of a part of the list."""
    monkeypatch.setattr(members, "MOST_MEMBERS", 5)
    assert len(member_table(io.BytesIO(tar(5)), TAR).rows) == 5
    with pytest.raises(ValueError, match="more than 5 members"):
        member_table(io.BytesIO(tar(6)), TAR)
