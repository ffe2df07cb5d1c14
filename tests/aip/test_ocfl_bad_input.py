"""Objects made by accident or by malice: always findings, never a traceback, a hang or a peek outside."""

from __future__ import annotations

import copy
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aip.validation.ocfl import check_ocfl_object, check_ocfl_storage_root, inventory_file, recognise
from oais.information.findings import Finding
from tests.aip.ocfl_builder import BuiltObject, Recipe, build_object

JUNK: tuple[Any, ...] = (None, True, 1.5, "", "x", [], {}, [[]], [None], {"a": {"b": []}}, "\ud800")

_opened: list[str] | None = None


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if _opened is not None and event == "open":
        _opened.append(os.fsdecode(arguments[0]) if not isinstance(arguments[0], int) else "")


sys.addaudithook(_listen)


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """Return the names of all files that this process opens while the test runs."""
    global _opened  # noqa: PLW0603  # an audit hook stays for ever, so it is switched by a name
    _opened = []
    yield _opened
    _opened = None


@pytest.fixture
def built(tmp_path: Path) -> BuiltObject:
    """A sound object of two versions with a fixity block."""
    return build_object(tmp_path / "object", Recipe(fixity=("md5", "sha256")))


def codes(found: list[Finding]) -> set[str]:
    """Return the codes of some findings."""
    return {each.code for each in found}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value inside a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))


@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_any_value_may_be_anything(junk: Any, built: BuiltObject) -> None:
    """Whatever stands in the place of whichever value of the inventory, the check comes to its end."""
    sound = built.inventory()
    for place in places(sound):
        broken = copy.deepcopy(sound)
        inner: Any = broken
        for key in place[:-1]:
            inner = inner[key]
        same = inner[place[-1]] == junk
        inner[place[-1]] = junk
        built.write(broken, "", "v1", "v2", algorithm="sha512")
        found = list(check_ocfl_object(built.root))
        assert found or same, place


@pytest.mark.parametrize("folders", [("",), ("v1",), ("", "v1", "v2")])
@pytest.mark.parametrize(
    "data",
    [b"\0", b"\xff\xfe", b"{" * 5000, b'{"a":' * 9000, b"9" * 99_999, b"null", b'"\\ud800"', b"{}"],
    ids=lambda data: repr(data[:6]),
)
def test_garbage_for_an_inventory(data: bytes, folders: tuple[str, ...], built: BuiltObject) -> None:
    """Garbage in any inventory is reported as such."""
    built.write(data, *folders, algorithm="sha512")
    found = codes(list(check_ocfl_object(built.root)))
    assert found & {"E033", "E036"}


def test_a_deep_value_in_two_inventories(built: BuiltObject) -> None:
    """Values nested as deep as the reader allows are compared without exhausting the stack."""
    for depth in (300, 900, 1500, 20_000):
        deep = "[" * depth + "]" * depth
        text = json.dumps(built.inventory()).replace('"made for a test"', deep, 1)
        built.write(text.encode(), "", "v1", "v2", algorithm="sha512")
        assert codes(list(check_ocfl_object(built.root))) & {"E033", "E094"}
        built.write(build_object(built.root.parent / f"again{depth}").inventory(), "", "v1", "v2")


def test_each_content_file_is_read_once(built: BuiltObject, opened: list[str]) -> None:
    """Several versions and several fixity algorithms cost one reading of each file."""
    assert list(check_ocfl_object(built.root)) == []
    content = [name for name in opened if "/content/" in name]
    assert len(content) == 4
    assert set(Counter(content).values()) == {1}


@pytest.mark.parametrize(
    "name", ["0=ocfl_object_1.1", "inventory.json", "inventory.json.sha512", "v1/inventory.json"]
)
def test_pipes_and_links_are_never_opened(
    name: str, built: BuiltObject, tmp_path: Path, opened: list[str]
) -> None:
    """Where a file is expected, a FIFO or a link is a finding; nothing outside is read."""
    outside = tmp_path / "outside"
    (built.root / name).rename(outside)
    os.mkfifo(built.root / name)
    opened.clear()
    assert "E089" in codes(list(check_ocfl_object(built.root)))
    (built.root / name).unlink()
    (built.root / name).symlink_to(outside)
    assert "E090" in codes(list(check_ocfl_object(built.root)))
    assert str(built.root / name) not in opened
    assert str(outside) not in opened


def test_a_linked_directory_is_not_entered(built: BuiltObject, tmp_path: Path) -> None:
    """A version directory that is a link is a link, and its version is missing."""
    (built.root / "v1").rename(tmp_path / "elsewhere")
    (built.root / "v1").symlink_to(tmp_path / "elsewhere")
    found = codes(list(check_ocfl_object(built.root)))
    assert {"E090", "E046", "E092"} <= found


def test_content_paths_never_lead_outside(built: BuiltObject, opened: list[str]) -> None:
    """A content path is compared with what was found, and never opened for what it says."""
    built.change(lambda i: i["manifest"].update({"ab": ["v1/content/../../../../etc/passwd"]}))
    opened.clear()
    assert "E099" in codes(list(check_ocfl_object(built.root)))
    assert not [name for name in opened if "passwd" in name]


def test_directories_may_be_deep(built: BuiltObject) -> None:
    """More directories in one another than functions may call each other are walked all the same."""
    top = f"{built.root}/v1/content"
    deep = [top + "/d" * level for level in range(1, 1201)]
    for path in deep:
        os.mkdir(path)
    found = list(check_ocfl_object(built.root))
    for path in reversed(deep):  # here, since what clears up after tests works by recursion
        os.rmdir(path)
    assert [each.code for each in found] == ["E024"]


def test_directories_that_no_path_can_reach(built: BuiltObject) -> None:
    """A directory deeper than the longest path of the system is reported, not entered."""
    below = os.open(built.root / "v1/content", os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=below)
        above, below = below, os.open("d" * 250, os.O_RDONLY, dir_fd=below)
        os.close(above)
    os.close(below)
    assert [each.code for each in check_ocfl_object(built.root)] == ["E089"]


def test_a_path_of_a_million_elements(built: BuiltObject) -> None:
    """A monstrous path costs no more than reading it."""
    path = "v1/content/" + "a/" * 1_000_000 + "a"
    built.change(lambda i: next(iter(i["manifest"].values())).append(path))
    assert codes(list(check_ocfl_object(built.root))) == {"E092"}


def test_names_that_are_not_text(built: BuiltObject) -> None:
    """A file name that is not UTF-8 cannot be in a manifest; the message shows its bytes."""
    Path(os.fsdecode(os.fsencode(built.root) + b"/v1/content/caf\xe9")).write_bytes(b"x")
    found = list(check_ocfl_object(built.root))
    assert codes(found) == {"E023"}
    assert "caf\\xe9" in found[0].message


def test_an_inventory_too_large_to_read(built: BuiltObject, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a limit to what is read into memory, and it is reported."""
    monkeypatch.setattr(inventory_file, "LARGEST_INVENTORY", 100)
    found = list(check_ocfl_object(built.root))
    assert codes(found) == {"E033"}
    assert "larger than" in found[0].message


def test_every_fault_of_an_object_is_reported(built: BuiltObject) -> None:
    """The check goes on after the first fault, and names the path of each."""
    (built.root / "notes.txt").write_text("x")
    (built.root / "v1/notes.txt").write_text("x")
    (built.root / "v1/content/stray").write_text("x")
    (built.root / "v2/content/c.txt").write_bytes(b"damaged")
    (built.root / "v1/inventory.json.sha512").unlink()
    built.change(lambda i: i["versions"]["v2"].pop("message"))
    found = {(each.code, each.path) for each in check_ocfl_object(built.root)}
    assert found == {
        ("E001", "notes.txt"),
        ("E015", "v1/notes.txt"),
        ("E023", "v1/content/stray"),
        ("E058", "v1/inventory.json"),
        ("E092", "v2/content/c.txt"),
        ("E093", "v2/content/c.txt"),
        ("W007", "inventory.json"),
    }


def test_digests_compare_in_either_case(built: BuiltObject) -> None:
    """Hexadecimal digits in capitals are the same digest, if manifest and state agree."""

    def capitals(inventory: dict[str, Any]) -> None:
        inventory["manifest"] = {key.upper(): v for key, v in inventory["manifest"].items()}
        inventory["fixity"]["md5"] = {k.upper(): v for k, v in inventory["fixity"]["md5"].items()}
        for version in inventory["versions"].values():
            version["state"] = {key.upper(): value for key, value in version["state"].items()}

    built.change(capitals)
    assert list(check_ocfl_object(built.root)) == []
    sidecar = built.root / "inventory.json.sha512"
    digest, name = sidecar.read_text().split()
    sidecar.write_text(f"{digest.upper()} \t {name}\n")
    assert list(check_ocfl_object(built.root)) == []


def test_what_is_not_there_or_not_a_directory(tmp_path: Path) -> None:
    """A path that is no directory is no object and no storage root, and that is a finding."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("nothing", "file", "link"):
        assert codes(list(check_ocfl_object(tmp_path / name))) == {"E003"}
        assert codes(list(check_ocfl_storage_root(tmp_path / name))) == {"E069"}
        assert recognise(tmp_path / name) is None
    assert recognise(tmp_path) is None


def test_a_damaged_object_is_still_recognised(built: BuiltObject) -> None:
    """Without its declaration, an object is known by its inventory and versions."""
    (built.root / "0=ocfl_object_1.1").unlink()
    assert recognise(built.root) == "object"
