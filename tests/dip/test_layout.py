"""A package that is no file: its size is known, any part can be made alone, and all readers take it."""

from __future__ import annotations

import gzip
import io
import random
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dip import pieces
from dip.layout import Form, Package, lay_out
from dip.order import DipItem, DipOrder
from dip.pieces import ASK_EVERY, Fixed, Member, Payload, Pieces, Reading
from dip.zip_layout import zip_pieces
from oais.errors import DamageError, RefusedError
from oais.information.fixity import hash_file
from oais.information.signature import create_signer

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SIGNER = create_signer(b"\x05" * 32)
AT = datetime(2026, 11, 21, 4, 0, 7, tzinfo=UTC)
FORMS: tuple[Form, ...] = ("zip", "tar.gz")


def stored(folder: Path, path: str, data: bytes) -> DipItem:
    """One file of the store."""
    source = folder / "store" / path.replace("/", "_")
    source.parent.mkdir(exist_ok=True)
    source.write_bytes(data)
    found = hash_file(source)
    return DipItem(path, source, found.size, found.digests)


@pytest.fixture
def order(tmp_path: Path, seeded: random.Random) -> DipOrder:
    """An order of files of no byte, one byte, a block, and some blocks and a rest."""
    sizes = (0, 1, pieces.BLOCK, 65535, 3 * pieces.BLOCK + 17)
    items = tuple(
        stored(tmp_path, f"a.{n}/é {n}.bin", seeded.randbytes(size)) for n, size in enumerate(sizes)
    )
    return DipOrder(
        order_id="order-0001",
        title="Five files",
        items=items,
        metadata={},
        citation="Example Team (2026)",
        licence="CC-BY-4.0",
        source_organization="Example Archive",
        at="2026-11-21T04:00:07Z",
    )


def whole(package: Package, start: int = 0, stop: int | None = None) -> bytes:
    """The bytes of a part of a package."""
    return b"".join(package.read(lambda _: None, start, stop))


def collect(blocks: Iterator[bytes], into: bytearray) -> None:
    """Take what comes until it breaks off."""
    for block in blocks:
        into += block


@pytest.mark.parametrize("form", FORMS)
def test_any_part_is_that_part_of_the_whole(order: DipOrder, form: Form, seeded: random.Random) -> None:
    """The size is known before; every part, made alone, has the bytes that the whole has there."""
    package = lay_out(order, SIGNER, form)
    data = whole(package)
    assert len(data) == package.size
    cuts = [0, 1, package.size - 1, package.size, *(seeded.randrange(package.size) for _ in range(60))]
    for start in cuts:
        stop = seeded.choice([package.size, seeded.randint(start, package.size)])
        assert whole(package, start, stop) == data[start:stop], (start, stop)


def test_other_programs_read_it(order: DipOrder, tmp_path: Path, program: Callable[[str], str]) -> None:
    """Unzip and zip find no fault in the zip, gzip and tar none in the tar.gz."""
    (tmp_path / "bag.zip").write_bytes(whole(lay_out(order, SIGNER)))
    (tmp_path / "bag.tar.gz").write_bytes(whole(lay_out(order, SIGNER, "tar.gz")))
    for command in (["unzip", "-tqq"], ["zip", "-T"]):
        subprocess.run([program(command[0]), *command[1:], "bag.zip"], cwd=tmp_path, check=True)
    for command in (["gzip", "-t"], ["tar", "-tzf"]):
        subprocess.run([program(command[0]), *command[1:], "bag.tar.gz"], cwd=tmp_path, check=True)
    (size,) = {len(gzip.decompress((tmp_path / "bag.tar.gz").read_bytes())) % 10240}
    assert size == 0


class Virtual(io.RawIOBase):
    """A package as a file that can be sought in, though no byte of it lies anywhere."""

    def __init__(self, body: Pieces) -> None:
        self._body = body
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + {0: 0, 1: self._at, 2: self._body.size}[whence]
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        room = memoryview(buffer)
        stop = min(self._body.size, self._at + len(room))
        data = b"".join(self._body.read(Reading(lambda _: None), self._at, stop))
        room[: len(data)] = data
        self._at += len(data)
        return len(data)


def test_more_than_four_gigabytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member above 4 GiB and those behind it are found through zip64."""
    huge = tmp_path / "huge"
    with huge.open("wb") as stream:
        stream.truncate((5 << 30) + 3)
    item = DipItem("huge", huge, (5 << 30) + 3, {"sha512": "0" * 128, "sha256": "0" * 64})
    monkeypatch.setattr(pieces, "_crc_of_file", lambda *_: 1)  # five gigabytes of nothing are not read
    members = [Member("x/huge", Payload(item)), Member("x/last", Fixed(b"behind four gigabytes"))]
    with zipfile.ZipFile(io.BufferedReader(Virtual(zip_pieces(members, AT)))) as found:
        assert [entry.file_size for entry in found.infolist()] == [item.size, 21]
        assert found.read("x/last") == b"behind four gigabytes"
        assert found.infolist()[1].header_offset > 5 << 30
        with found.open("x/huge") as stream:
            assert stream.read(1000) == bytes(1000)


def test_more_than_65535_members() -> None:
    """So many members that their number does not fit are all found through zip64."""
    members = [Member(f"x/{number}", Fixed(b"%d" % number)) for number in range(65536)]
    data = b"".join(zip_pieces(members, AT).read(Reading(lambda _: None), 0, 1 << 62))
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        assert len(found.namelist()) == 65536
        assert found.read("x/65535") == b"65535"


def test_stamp_changes_when_a_byte_would(order: DipOrder) -> None:
    """The validator is the same for the same bytes only."""
    stamps = {
        lay_out(changed, signer, form).stamp
        for changed in (
            order,
            replace(order, title="Other"),
            replace(order, at="2026-11-21T04:00:09Z"),
            replace(order, order_id="order-0002"),
            replace(order, items=order.items[1:]),
        )
        for signer in (SIGNER, None)
        for form in FORMS
    }
    assert len(stamps) == 20
    assert lay_out(order, SIGNER).stamp == lay_out(replace(order), SIGNER).stamp


def test_the_end_of_a_damaged_file_is_never_given(order: DipOrder) -> None:
    """A download that meets damage breaks off before the file is whole, from the start and when resumed."""
    item = order.items[-1]
    data = bytearray(item.source.read_bytes())
    data[10] ^= 1
    item.source.write_bytes(data)
    package = lay_out(order, SIGNER)
    for start in (0, package.size - item.size // 2):
        given = bytearray()
        with pytest.raises(DamageError, match=r"a\.4/é 4\.bin"):
            collect(package.read(lambda _: None, start), given)
        assert bytes(data[-pieces.BLOCK // 4 :]) not in bytes(given)


def test_it_is_asked_before_each_file_and_every_32_mib(tmp_path: Path, order: DipOrder) -> None:
    """Whoever loses the right while a large file runs gets at most 32 MiB more of it."""
    large = stored(tmp_path, "large", bytes(3 * ASK_EVERY))
    package = lay_out(replace(order, items=(order.items[1], large)), None)
    given, asked = bytearray(), []

    def ask(item: DipItem) -> None:
        asked.append((item.path, len(given)))
        if len(asked) == 3:
            raise RefusedError("no longer")

    with pytest.raises(RefusedError):
        collect(package.read(ask), given)
    assert [path for path, _ in asked] == ["a.1/é 1.bin", "large", "large"]
    assert len(given) - asked[1][1] <= ASK_EVERY
