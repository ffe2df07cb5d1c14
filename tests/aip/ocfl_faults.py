"""Faults of OCFL objects: each function breaks a sound object in one way and names its codes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from tests.aip.ocfl_builder import BuiltObject, Json, Recipe, digest, dump

SOUND = Recipe(fixity=("md5", "sha1"))


@dataclass(frozen=True)
class Fault:
    """One way to break an object.

    ``differs`` says why ocfl-py 2.1.0 gives another verdict (valid or not), where it does.
    """

    name: str
    codes: frozenset[str]
    break_object: Callable[[BuiltObject], object]
    recipe: Recipe
    differs: str


FAULTS: list[Fault] = []


def fault(
    *codes: str, recipe: Recipe = SOUND, differs: str = ""
) -> Callable[[Callable[[BuiltObject], object]], Callable[[BuiltObject], object]]:
    """Register a fault that must give exactly these codes."""

    def register(function: Callable[[BuiltObject], object]) -> Callable[[BuiltObject], object]:
        FAULTS.append(Fault(function.__name__, frozenset(codes), function, recipe, differs))
        return function

    return register


def _move(built: BuiltObject, old: str, new: str) -> None:
    shutil.move(built.root / old, built.root / new)


def _rename_version(built: BuiltObject, old: str, new: str) -> None:
    """Rename a version everywhere: on disk, in states, head and content paths."""
    text = (built.root / "inventory.json").read_text()
    text = text.replace(f'"{old}/', f'"{new}/').replace(f'"{old}"', f'"{new}"')
    _move(built, old, new)
    folder = new if built.head == old else built.head
    built.write(text.encode(), "", folder, algorithm="sha512")


@fault("E001")
def file_in_object_root(built: BuiltObject) -> None:
    (built.root / "notes.txt").write_text("x")


@fault("E001")
def directory_in_object_root(built: BuiltObject) -> None:
    (built.root / "drafts").mkdir()


@fault("E001")
def file_named_like_a_version(built: BuiltObject) -> None:
    (built.root / "v3").write_text("x")


@fault("E001")
def second_sidecar(built: BuiltObject) -> None:
    (built.root / "inventory.json.md5").write_text("x")


@fault("E002", differs="takes a directory of the right name for a wrong text (crash)")
def declaration_is_a_directory(built: BuiltObject) -> None:
    (built.root / "0=ocfl_object_1.1").unlink()
    (built.root / "0=ocfl_object_1.1").mkdir()


@fault("E003")
def no_declaration(built: BuiltObject) -> None:
    (built.root / "0=ocfl_object_1.1").unlink()


@fault("E003")
def two_declarations(built: BuiltObject) -> None:
    (built.root / "0=ocfl_object_1.0").write_text("ocfl_object_1.0\n")


@fault("E004")
def declaration_without_equals_sign(built: BuiltObject) -> None:
    _move(built, "0=ocfl_object_1.1", "0ocfl_object_1.1")


@fault("E005")
def declaration_with_another_tag(built: BuiltObject) -> None:
    _move(built, "0=ocfl_object_1.1", "1=ocfl_object_1.1")


@fault("E006")
def declaration_of_an_unknown_version(built: BuiltObject) -> None:
    _move(built, "0=ocfl_object_1.1", "0=ocfl_object_2.7")


@fault("E007", differs="does not ask for the newline")
def declaration_without_newline(built: BuiltObject) -> None:
    (built.root / "0=ocfl_object_1.1").write_text("ocfl_object_1.1")


@fault("E007")
def declaration_with_another_text(built: BuiltObject) -> None:
    (built.root / "0=ocfl_object_1.1").write_text("ocfl_object_1.0\n")


@fault("E015")
def file_in_version_directory(built: BuiltObject) -> None:
    (built.root / "v1/readme.txt").write_text("x")


@fault("E016", "E092", "E093")
def content_directory_lost(built: BuiltObject) -> None:
    """The files are missing too, and with them what the fixity block is about."""
    shutil.rmtree(built.root / "v2/content")


@fault("E023")
def file_not_in_manifest(built: BuiltObject) -> None:
    (built.root / "v2/content/stray.txt").write_text("x")


@fault(
    "E023",
    differs="compares an earlier manifest with still earlier manifests only, not with the files",
)
def file_missing_from_an_earlier_manifest(built: BuiltObject) -> None:
    def drop(inventory: Json) -> None:
        inventory["manifest"] = {
            key: [path for path in paths if path != "v1/content/copy.txt"]
            for key, paths in inventory["manifest"].items()
        }

    def add(inventory: Json) -> None:
        inventory["manifest"][digest(b"first\n")].append("v1/content/copy.txt")

    (built.root / "v1/content/copy.txt").write_bytes(b"first\n")
    built.change(add)
    built.change(drop, "v1")


@fault("E024")
def empty_directory_in_content(built: BuiltObject) -> None:
    (built.root / "v1/content/sub/empty/deeper").mkdir(parents=True)


@fault("E046", "W010")
def version_directory_unknown_to_the_inventory(built: BuiltObject) -> None:
    shutil.copytree(built.root / "v1", built.root / "v3")
    for name in ("inventory.json", "inventory.json.sha512"):
        (built.root / "v3" / name).unlink()
    shutil.rmtree(built.root / "v3/content")


@fault("E046", recipe=Recipe(versions=({"a": b"1"}, {"a": b"1"})))
def version_without_directory(built: BuiltObject) -> None:
    shutil.rmtree(built.root / "v2")


@fault("E010", "E046", recipe=Recipe(versions=({"a": b"1"}, {"a": b"1"}, {"a": b"1"})))
def directory_of_a_middle_version_lost(built: BuiltObject) -> None:
    """The directory is missing, and what is left is not a continuous sequence."""
    shutil.rmtree(built.root / "v2")


@fault("E058")
def no_sidecar(built: BuiltObject) -> None:
    (built.root / "inventory.json.sha512").unlink()


@fault("E058")
def no_sidecar_of_an_earlier_version(built: BuiltObject) -> None:
    (built.root / "v1/inventory.json.sha512").unlink()


@fault("E059")
def sidecar_of_another_algorithm(built: BuiltObject) -> None:
    built.write(dump(built.inventory()), "", algorithm="sha256")


@fault("E060")
def sidecar_with_another_digest(built: BuiltObject) -> None:
    sidecar = built.root / "v1/inventory.json.sha512"
    sidecar.write_text(f"{digest(b'other')} inventory.json\n")


@fault("E061")
def sidecar_without_file_name(built: BuiltObject) -> None:
    sidecar = built.root / "inventory.json.sha512"
    sidecar.write_text(sidecar.read_text().split()[0] + "\n")


@fault("E061")
def sidecar_that_is_not_text(built: BuiltObject) -> None:
    (built.root / "inventory.json.sha512").write_bytes(bytes(range(256)))


@fault("E063")
def no_inventory(built: BuiltObject) -> None:
    (built.root / "inventory.json").unlink()


@fault("E034", "E063")
def inventory_in_capitals(built: BuiltObject) -> None:
    """A wrong name also means that the right one is missing."""
    _move(built, "inventory.json", "INVENTORY.JSON")


@fault("E064")
def head_inventory_spelled_otherwise(built: BuiltObject) -> None:
    built.write(dump(built.inventory()) + b"\n", "v2", algorithm="sha512")


@fault("E067")
def file_in_extensions(built: BuiltObject) -> None:
    (built.root / "extensions").mkdir()
    (built.root / "extensions/readme.txt").write_text("x")


@fault("E089")
def fifo_in_content(built: BuiltObject) -> None:
    os.mkfifo(built.root / "v1/content/pipe")


@fault("E090", differs="follows links")
def link_in_object_root(built: BuiltObject) -> None:
    (built.root / "logs").mkdir()
    (built.root / "logs/link").symlink_to("/etc/hostname")


@fault("E090", "E092", "E093", differs="follows links")
def content_file_is_a_link(built: BuiltObject) -> None:
    """A link is never followed, so the file it stands for is missing."""
    _move(built, "v1/content/a.txt", "../a.txt")
    (built.root / "v1/content/a.txt").symlink_to(built.root.parent / "a.txt")


@fault("E090", differs="does not look at hard links")
def hard_link_between_versions(built: BuiltObject) -> None:
    built.change(lambda i: i["manifest"][digest(b"second\n")].append("v2/content/b.txt"))
    os.link(built.root / "v1/content/sub/b.txt", built.root / "v2/content/b.txt")


@fault("E092", recipe=Recipe())
def content_changed(built: BuiltObject) -> None:
    (built.root / "v2/content/c.txt").write_bytes(b"thirD\n")


@fault("E092", recipe=Recipe())
def content_missing(built: BuiltObject) -> None:
    (built.root / "v1/content/a.txt").unlink()


@fault("E093")
def fixity_value_wrong(built: BuiltObject) -> None:
    def change(inventory: Json) -> None:
        paths = inventory["fixity"]["md5"].pop(digest(b"third\n", "md5"))
        inventory["fixity"]["md5"][digest(b"other", "md5")] = paths

    built.change(change)


@fault("E093")
def fixity_value_wrong_in_an_earlier_inventory(built: BuiltObject) -> None:
    def change(inventory: Json) -> None:
        paths = inventory["fixity"]["sha1"].pop(digest(b"first\n", "sha1"))
        inventory["fixity"]["sha1"][digest(b"other", "sha1")] = paths

    built.change(change, "v1")


@fault("E066", "E092")
def digest_wrong_in_an_earlier_inventory(built: BuiltObject) -> None:
    """Wrong in manifest and state alike: neither the file nor today's state agrees with it."""
    data = (built.root / "v1/inventory.json").read_text()
    data = data.replace(digest(b"first\n"), digest(b"other"))
    built.write(data.encode(), "v1", algorithm="sha512")


@fault("W001", recipe=Recipe(width=4))
def padded(built: BuiltObject) -> None:
    """Padding is allowed and not recommended."""


@fault("W002")
def second_directory_in_version(built: BuiltObject) -> None:
    (built.root / "v1/drafts").mkdir()


@fault("W003", recipe=Recipe(versions=({"a": b"1"}, {"a": b"1"})))
def empty_content_directory(built: BuiltObject) -> None:
    (built.root / "v2/content").mkdir()


@fault("W004", recipe=Recipe(algorithms=("sha256",)))
def sha256(built: BuiltObject) -> None:
    """A shorter digest is allowed and not recommended."""


@fault("W010")
def no_inventory_in_version(built: BuiltObject) -> None:
    for name in ("inventory.json", "inventory.json.sha512"):
        (built.root / "v1" / name).unlink()


@fault("W013")
def unregistered_extension(built: BuiltObject) -> None:
    (built.root / "extensions/0000-mine").mkdir(parents=True)
