"""The validator of OCFL storage roots: declaration, layout, extensions, hierarchy, objects."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from ocfl.storage_root import StorageRoot

from aip.validation.ocfl import check_ocfl_storage_root, recognise
from oais.information.findings import Finding, Severity, finding_codes
from tests.aip.ocfl_builder import Recipe, build_object, build_storage_root, write_layout
from tests.aip.ocfl_inventory_faults import FAULTS

FLAT = "0002-flat-direct-storage-layout"
HASH_AND_ID = "0003-hash-and-id-n-tuple-storage-layout"
HASHED = "0004-hashed-n-tuple-storage-layout"
OMIT_PREFIX = "0007-n-tuple-omit-prefix-storage-layout"

NEVER_TOLD = {
    "E022": "asks tools to pass over other directories of a version, which are told as W002",
    "E026": "asks writers; an algorithm of no list that is known here is told as E028 and passed over",
    "E027": "asks tools to know all algorithms of the table; a test computes each of them",
    "E043": "says the same as E044",
    "E055": "a fixity block under another key is a key that OCFL does not know: E102",
    "E062": "asks writers for an order of writing, which leaves no trace but E060",
    "E074": "asks that storage roots do not need each other, which no root alone can show",
    "E087": "asks tools to pass over unknown files in the root; a test has some there",
    "W012": "asks writers to use logs/; what else a log may be cannot be told from other files",
}
"""The codes that no object and no storage root can be given, each with the reason."""

CASES: list[RootFault] = []


@dataclass(frozen=True)
class RootFault:
    """One way to break a storage root; ``differs`` says why ocfl-py gives another verdict."""

    name: str
    codes: frozenset[str]
    break_root: Callable[[Path], object]
    differs: str


def fault(*codes: str, differs: str = "") -> Callable[[Callable[[Path], object]], Callable[[Path], object]]:
    """Register a fault that must give exactly these codes."""

    def register(function: Callable[[Path], object]) -> Callable[[Path], object]:
        CASES.append(RootFault(function.__name__, frozenset(codes), function, differs))
        return function

    return register


@fault("E069")
def no_declaration(root: Path) -> None:
    (root / "0=ocfl_1.1").unlink()


@fault("E075", differs="crashes")
def declaration_is_a_directory(root: Path) -> None:
    (root / "0=ocfl_1.1").unlink()
    (root / "0=ocfl_1.1").mkdir()


@fault("E076")
def two_declarations(root: Path) -> None:
    (root / "0=ocfl_1.0").write_text("ocfl_1.0\n")


@fault("E077")
def declaration_without_equals_sign(root: Path) -> None:
    (root / "0=ocfl_1.1").rename(root / "0ocfl_1.1")


@fault("E078")
def declaration_with_another_tag(root: Path) -> None:
    (root / "0=ocfl_1.1").rename(root / "2=ocfl_1.1")


@fault("E079")
def declaration_of_an_unknown_version(root: Path) -> None:
    (root / "0=ocfl_1.1").rename(root / "0=ocfl_3.0")


@fault("E080", differs="does not ask for the newline")
def declaration_without_newline(root: Path) -> None:
    (root / "0=ocfl_1.1").write_text("ocfl_1.1")


@fault("E070")
def layout_is_not_json(root: Path) -> None:
    (root / "ocfl_layout.json").write_text("{")


@fault("E070")
def layout_without_description(root: Path) -> None:
    (root / "ocfl_layout.json").write_text(json.dumps({"extension": FLAT}))


@fault("E070")
def layout_is_an_array(root: Path) -> None:
    (root / "ocfl_layout.json").write_text("[]")


@fault("E071")
def layout_is_not_registered(root: Path) -> None:
    layout = {"extension": "my-own-layout", "description": "x"}
    (root / "ocfl_layout.json").write_text(json.dumps(layout))


@fault("E072", "E088")
def file_in_a_directory_without_object(root: Path) -> None:
    """The directory itself has no business there either."""
    (root / "notes").mkdir()
    (root / "notes/readme.txt").write_text("x")


@fault("E073")
def empty_directory(root: Path) -> None:
    (root / "one/empty").mkdir()


@fault("E081", differs="does not compare the versions of root and object")
def object_of_a_later_version(root: Path) -> None:
    (root / "0=ocfl_1.1").rename(root / "0=ocfl_1.0")
    (root / "0=ocfl_1.0").write_text("ocfl_1.0\n")


@fault("E082", "E001")
def object_in_an_object(root: Path) -> None:
    """The outer object does not know the directory, which is a fault of its own."""
    build_object(root / "one/a/inner", Recipe(identifier="urn:example:inner"))


@fault("E084")
def file_on_the_way_to_objects(root: Path) -> None:
    (root / "one/readme.txt").write_text("x")


@fault("E072", "E085")
def branch_without_object(root: Path) -> None:
    """The branch ends in a file, which is part of no object."""
    (root / "one/dead/end").mkdir(parents=True)
    (root / "one/dead/end/readme.txt").write_text("x")


@fault("E090")
def link_in_the_hierarchy(root: Path) -> None:
    (root / "one/link").symlink_to("/etc")


@fault("E089", differs="passes over special files in the root")
def fifo_in_the_storage_root(root: Path) -> None:
    os.mkfifo(root / "pipe")


@fault("E112")
def file_in_extensions(root: Path) -> None:
    (root / "extensions").mkdir()
    (root / "extensions/readme.txt").write_text("x")


@fault("E037", differs="does not compare the objects of a root")
def two_objects_of_one_id(root: Path) -> None:
    build_object(root / "one/c", Recipe(identifier="urn:example:a"))


@fault("E083", differs="does not compare paths with the layout")
def object_at_another_path_than_the_layout_says(root: Path) -> None:
    write_layout(root, FLAT)


@fault("E092")
def damage_in_an_object(root: Path) -> None:
    (root / "one/b/v1/content/a.txt").write_bytes(b"damaged")


@fault("W014")
def objects_at_two_depths(root: Path) -> None:
    build_object(root / "two/deep/c", Recipe(identifier="urn:example:c"))


@fault("W015")
def object_beside_a_hierarchy(root: Path) -> None:
    build_object(root / "c", Recipe(identifier="urn:example:c"))


@fault("W016")
def unregistered_extension(root: Path) -> None:
    (root / "extensions/mine").mkdir(parents=True)


def sound(root: Path) -> Path:
    """Build a storage root with two objects in one directory."""
    return build_storage_root(root, {"one/a": "urn:example:a", "one/b": "urn:example:b"})


def oracle_accepts(root: Path) -> bool | None:
    """Return the verdict of ocfl-py on the root and all objects, None where it crashes."""
    logging.disable(logging.CRITICAL)
    try:
        other = StorageRoot(root=str(root))
        return bool(other.validate(log_errors=False)) and other.num_objects == other.good_objects
    except Exception:  # noqa: BLE001  # a crash of the other program is an answer too
        return None
    finally:
        logging.disable(logging.NOTSET)


def errors(root: Path) -> list[Finding]:
    """Return the findings that make a storage root invalid."""
    return [each for each in check_ocfl_storage_root(root) if each.severity is Severity.ERROR]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_gives_exactly_its_codes(
    case: RootFault, tmp_path: Path, record_count: Callable[[str, int], None]
) -> None:
    """Each fault of a storage root is reported by the standard's code for it and no other."""
    root = sound(tmp_path / "root")
    case.break_root(root)
    found = list(check_ocfl_storage_root(root))
    assert {each.code for each in found} == case.codes, [each.message for each in found]
    record_count("matrix cells", 1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_ocfl_py_gives_the_same_verdict(case: RootFault, tmp_path: Path) -> None:
    """An independent validator agrees on valid or not, but for differences that are explained."""
    root = sound(tmp_path / "root")
    case.break_root(root)
    assert (oracle_accepts(root) == (not errors(root))) == (not case.differs), case.differs


def sha256(text: str) -> str:
    """Return the digest by which layouts hash an identifier."""
    return hashlib.sha256(text.encode()).hexdigest()


def hashed(identifier: str, *, with_name: str = "") -> str:
    """Return a path of the layouts 0003 and 0004 with their default parameters."""
    digest = sha256(identifier)
    return "/".join((digest[:3], digest[3:6], digest[6:9], with_name or digest))


@pytest.mark.parametrize(
    ("layout", "places"),
    [
        (None, {"a": "urn:a", "b": "urn:b"}),
        (FLAT, {"a": "a", "b": "b"}),
        (HASHED, {hashed("urn:a"): "urn:a", hashed("urn:b"): "urn:b"}),
        (HASH_AND_ID, {hashed("urn:A/é", with_name="urn%3aA%2f%c3%a9"): "urn:A/é"}),
        (HASH_AND_ID, {hashed("x" * 150, with_name="x" * 100 + "-" + sha256("x" * 150)): "x" * 150}),
        (OMIT_PREFIX, {"12/34/1234": "urn:1234"}),
    ],
)
def test_every_layout_is_accepted(layout: str | None, places: dict[str, str], tmp_path: Path) -> None:
    """Sound roots of the common layouts have no error, and objects lie where the layout says."""
    root = build_storage_root(tmp_path / "root", places, layout)
    assert errors(root) == []
    assert recognise(root) == "storage root"
    if layout not in (HASHED, OMIT_PREFIX):  # ocfl-py refuses layouts that it does not implement
        assert oracle_accepts(root) is True


def test_other_files_in_the_root_are_ignored(tmp_path: Path) -> None:
    """A copy of the specification may lie beside the objects (E087)."""
    root = sound(tmp_path / "root")
    (root / "ocfl_1.1.md").write_text("# OCFL")
    assert list(check_ocfl_storage_root(root)) == []


def test_extensions_of_later_years_are_accepted(tmp_path: Path) -> None:
    """A number after the newest one known here may have been registered since."""
    root = sound(tmp_path / "root")
    (root / "extensions/0099-some-day").mkdir(parents=True)
    assert list(check_ocfl_storage_root(root)) == []


def test_paths_are_those_from_the_storage_root(tmp_path: Path) -> None:
    """A finding in an object names the object too."""
    root = sound(tmp_path / "root")
    damage_in_an_object(root)
    assert [each.path for each in errors(root)] == ["one/b/v1/content/a.txt"]


def test_content_can_be_left_unread(tmp_path: Path) -> None:
    """Without hashing, changed bytes are not seen but lost files are."""
    root = sound(tmp_path / "root")
    damage_in_an_object(root)
    (root / "one/a/v1/content/a.txt").unlink()
    found = list(check_ocfl_storage_root(root, hash_content=False))
    assert [(each.code, each.path) for each in found] == [("E092", "one/a/v1/content/a.txt")]


def test_every_code_of_the_standard_has_a_case() -> None:
    """A code is reported by some case, or is known to ask something of tools and not of objects."""
    reported = set[str]().union(*(case.codes for case in FAULTS), *(case.codes for case in CASES))
    table = {code for code in finding_codes() if re.fullmatch(r"[EW][0-9]{3}", code)}
    assert len(table) == 122
    assert table - reported == NEVER_TOLD.keys()
