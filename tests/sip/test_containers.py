"""Table B of the bad inputs: what a container may not do, and that nothing of it stays."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from oais.information.fixity import hash_bytes
from sip.containers.extraction import Extraction, extract
from sip.containers.limits import ContainerLimits
from tests.sip.bags import codes
from tests.sip.boxes import CASES, FILES, ZEROS, commented, tar_of, tar_with, typed, zip64_of, zip_of


def unpack(data: bytes, place: Path, limits: ContainerLimits | None = None) -> Extraction:
    """Unpack bytes into a fresh directory."""
    container = place / "container"
    container.write_bytes(data)
    (place / "unpacked").mkdir()
    return extract(container, place / "unpacked", limits=limits)


SOUND = {
    "tar": tar_of(FILES),
    "GNU tar": tar_of(FILES, tarfile.GNU_FORMAT),
    "ustar": tar_of(FILES, tarfile.USTAR_FORMAT),
    "tar.gz": gzip.compress(tar_of(FILES)),
    "two gzip members": gzip.compress(tar_of(FILES)[:700]) + gzip.compress(tar_of(FILES)[700:]),
    "zip": zip_of(FILES),
    "zip with a comment": commented(zip_of(FILES)),
    "zip64": zip64_of(FILES),
    "stored zip": zip_of(FILES, zipfile.ZIP_STORED),
}


@pytest.mark.parametrize("kind", SOUND)
def test_sound_containers(kind: str, tmp_path: Path) -> None:
    """Every file comes out bit for bit, with the digests of its bytes."""
    result = unpack(SOUND[kind], tmp_path)
    assert result.findings == ()
    assert result.files == {path: hash_bytes(data) for path, data in FILES.items()}
    for path, data in FILES.items():
        assert (tmp_path / "unpacked" / path).read_bytes() == data


@pytest.mark.parametrize("case", CASES)
def test_table_b(case: str, tmp_path: Path, record_count: Callable[[str, int], None]) -> None:
    """The container is refused with the documented code, nothing is left, nothing is written beside."""
    data, code = CASES[case]
    result = unpack(data, tmp_path)
    assert code in codes(result.findings, "error"), result.findings
    assert result.files == {}
    assert list((tmp_path / "unpacked").iterdir()) == []
    assert sorted(os.listdir(tmp_path)) == ["container", "unpacked"]
    assert (tmp_path / "container").read_bytes() == data
    record_count("matrix cells", 1)


def test_all_unsafe_members_are_listed(tmp_path: Path) -> None:
    """A member that is refused does not hide the next one."""
    data = b"".join(
        tar_with(name, change=typed(kind, "x"))[512:1024]
        for name, kind in (("../a", b"0"), ("b", b"2"), ("c", b"6"), ("d\\", b"0"))
    )
    result = unpack(data + bytes(1024), tmp_path)
    assert codes(result.findings) == {"BOX-005", "BOX-006", "BOX-007"}
    assert len(result.findings) == 4


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_limits_are_exact(kind: str, tmp_path: Path) -> None:
    """The bytes and members allowed are allowed, one more is not."""
    size, members = sum(map(len, FILES.values())), len(FILES)
    for number, (limits, code) in enumerate(
        (
            (ContainerLimits(size, members), ""),
            (ContainerLimits(size - 1, members), "BOX-011"),
            (ContainerLimits(size, members - 1), "BOX-012"),
        )
    ):
        place = tmp_path / str(number)
        place.mkdir()
        result = unpack(SOUND[kind], place, limits)
        assert codes(result.findings) == ({code} if code else set())


def small(kind: str) -> bytes:
    """A container as small as it gets, without padding after its end."""
    files = {"bag/a": b"some bytes", "bag/b": b""}
    if kind == "zip":
        return zip_of(files)
    whole = tar_of(files, tarfile.USTAR_FORMAT)
    whole = whole[: 512 * 3 + 1024]
    return gzip.compress(whole, mtime=0) if kind == "tar.gz" else whole


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "zip"])
def test_truncated_at_every_byte(kind: str, tmp_path: Path, record_count: Callable[[str, int], None]) -> None:
    """B4: cut anywhere, a container is refused and leaves nothing.

    A tar cut exactly between members lacks only its end marker, which some tars never had: that is a
    warning, and the bag's manifests then tell whether a member is missing.
    """
    data = small(kind)
    whole = unpack(data, tmp_path)
    assert whole.findings == ()
    target = tmp_path / "unpacked"
    for cut in range(len(data)):
        (tmp_path / "container").write_bytes(data[:cut])
        for path in ("bag/a", "bag/b"):
            (target / path).unlink(missing_ok=True)
        if (target / "bag").exists():
            (target / "bag").rmdir()
        result = extract(tmp_path / "container", target)
        if kind == "tar" and cut and cut % 512 == 0 and cut not in (512, 2048 + 512 * 2):
            assert codes(result.findings) == {"BOX-021"}, cut
            assert result.files.items() <= whole.files.items()
        else:
            assert codes(result.findings, "error"), cut
            assert list(target.iterdir()) == []
    record_count("sweep points", len(data))


@pytest.mark.parametrize("form", ["gnu", "pax", "ustar", "v7", "posix"])
def test_what_tar_itself_packs(form: str, program: Callable[[str], str], tmp_path: Path) -> None:
    """Every format of the system's own tar is read, with directories and long names."""
    long = "bag/data/" + "d" * 90 + "/" + "n" * (60 if form in ("v7", "ustar") else 120)
    files = FILES | ({} if form == "v7" else {long: b"long"})
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    command = [program("tar"), f"--format={form}", "-cf", "container", "bag"]
    subprocess.run(command, cwd=tmp_path, check=True)
    (tmp_path / "unpacked").mkdir()
    result = extract(tmp_path / "container", tmp_path / "unpacked")
    assert result.findings == ()
    assert result.files == {path: hash_bytes(data) for path, data in files.items()}


def test_a_container_inside_is_only_a_file(tmp_path: Path) -> None:
    """What is packed inside a container stays packed: nesting multiplies nothing."""
    inner = zip_of({"bag/zeros": ZEROS})
    result = unpack(zip_of({"bag/data/inner.zip": inner}), tmp_path)
    assert result.files == {"bag/data/inner.zip": hash_bytes(inner)}


def test_large_members_in_pieces(tmp_path: Path) -> None:
    """A member larger than any buffer is hashed and written right."""
    data = os.urandom(9 << 20)
    files = {"bag/large": data}
    for number, packed in enumerate((tar_of(files), gzip.compress(tar_of(files), 1), zip_of(files))):
        place = tmp_path / str(number)
        place.mkdir()
        result = unpack(packed, place)
        assert result.files == {"bag/large": hash_bytes(data)}
        assert (place / "unpacked/bag/large").read_bytes() == data


def test_a_zip_written_as_a_stream(tmp_path: Path) -> None:
    """Sizes that follow the member in a data descriptor are read and compared."""

    class Pipe(io.RawIOBase):
        """A file that cannot seek, as when a zip is written to a pipe."""

        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(memoryview(data))  # type: ignore[arg-type]
            return len(memoryview(data))  # type: ignore[arg-type]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in FILES.items():
            archive.writestr(path, data)
    assert unpack(bytes(pipe.data), tmp_path).files.keys() == FILES.keys()
