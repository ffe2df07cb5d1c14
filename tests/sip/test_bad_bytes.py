"""Bytes nobody meant: whatever stands in a tag file or a container, the answer is findings, never a crash."""

from __future__ import annotations

import gzip
import shutil
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oais.information.findings import refuses
from sip.bag.validation import validate_bag
from sip.containers.extraction import extract
from tests.sip.bags import codes, holding, make_bag
from tests.sip.boxes import FILES, tar_of, zip_of

WHOLE = {
    "tar": tar_of(FILES)[: 512 * 24],
    "tar.gz": gzip.compress(tar_of(FILES), mtime=0),
    "zip": zip_of(FILES),
}
PIECES = st.sampled_from(
    [b"\n", b"\r", b" ", b"\t", b"*", b"\\", b"%0A", b"%", b"../", b"data/", b"data/img.fits", b"\xff", b"\0",
     b"a" * 128, b"0" * 64, b":", b"BagIt-Version: 1.0\n", b"\xef\xbb\xbf", b"\xff\xfe", b"~", b"-",
     b"http://a "]
)  # fmt: skip
SOUP = st.one_of(st.lists(PIECES, max_size=12).map(b"".join), st.binary(max_size=64))


@pytest.mark.parametrize(
    "name", ["bagit.txt", "bag-info.txt", "manifest-sha512.txt", "tagmanifest-sha512.txt", "fetch.txt"]
)
def test_any_tag_file(name: str, tmp_path: Path) -> None:
    """Any bytes in any tag file give a verdict in both profiles; intake is never the milder one."""
    root = make_bag(tmp_path / "bag")

    @settings(max_examples=60)
    @given(SOUP)
    def judge(data: bytes) -> None:
        (root / name).write_bytes(data)
        standard, intake = validate_bag(root), validate_bag(root, profile="intake")
        assert all(found.remedy and found.message for found in standard.findings)
        assert standard.valid or not intake.valid

    judge()


@pytest.mark.parametrize("kind", WHOLE)
def test_flipped_containers(kind: str, tmp_path: Path) -> None:
    """With bytes changed anywhere a container gives findings or files, and never both faults and files."""
    whole, container, target = WHOLE[kind], tmp_path / "container", tmp_path / "unpacked"

    @settings(max_examples=150)
    @given(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), min_size=1, max_size=6))
    def judge(changes: list[tuple[int, int]]) -> None:
        data = bytearray(whole)
        for at, value in changes:
            data[at] = value
        container.write_bytes(data)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        result = extract(container, target)
        assert refuses(result.findings) is (result.files == {}) or not any(target.iterdir())
        assert sorted(tmp_path.iterdir()) == [container, target]

    judge()


@pytest.mark.parametrize("profile", ["standard", "intake"])
def test_a_line_without_end(profile: str, tmp_path: Path) -> None:
    """A manifest that is one line of 30 MB is refused without being held in memory."""
    root = make_bag(tmp_path / "bag")
    holding("manifest-sha512.txt", b"a" * (30 << 20))(root)
    tracemalloc.start()
    result = validate_bag(root, profile="intake" if profile == "intake" else "standard")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "BAG-030" in codes(result.findings, "error")
    assert peak < 16 << 20


def test_a_manifest_too_large(tmp_path: Path) -> None:
    """A manifest of more bytes than can be read is refused by its size alone."""
    root = make_bag(tmp_path / "bag")
    with (root / "manifest-sha512.txt").open("ab") as stream:
        stream.truncate(257 << 20)
    assert "BAG-031" in codes(validate_bag(root).findings, "error")


def test_a_manifest_of_too_many_lines(tmp_path: Path) -> None:
    """Five million lines are read, and then no more."""
    root = make_bag(tmp_path / "bag")
    holding("manifest-sha512.txt", b"\n" * 5_000_001)(root)
    assert "BAG-031" in codes(validate_bag(root).findings, "error")
