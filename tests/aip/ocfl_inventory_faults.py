"""Faults of inventories: each function breaks the inventory of a sound object in one way."""

from __future__ import annotations

import json

from tests.aip.ocfl_builder import BuiltObject, Json, Recipe, digest, dump
from tests.aip.ocfl_faults import FAULTS, fault
from tests.aip.ocfl_key_faults import CRASH, FIRST, LATER, PLAIN

__all__ = ["FAULTS"]

REPEATED = "reads the last of repeated keys and does not see the others"


def _rename(built: BuiltObject, old: str, new: str) -> None:
    """Rename a version on disk and in the current inventory; earlier inventories stay as they are."""
    (built.root / old).rename(built.root / new)
    for folder in ("", new if built.head == old else built.head):
        text = json.dumps(built.inventory(folder)).replace(f'"{old}/', f'"{new}/')
        built.write(text.replace(f'"{old}"', f'"{new}"').encode(), folder, algorithm="sha512")


def _raw(built: BuiltObject, data: bytes) -> None:
    built.write(data, "", built.head, algorithm="sha512")


def _insert(built: BuiltObject, before: str, text: str) -> None:
    """Write ``text`` in front of the first ``before``, to make JSON that no library would write."""
    whole = json.dumps(built.inventory())
    assert before in whole
    _raw(built, whole.replace(before, text + before, 1).encode())


@fault("E047", recipe=LATER)
def version_is_a_string(built: BuiltObject) -> None:
    built.change(lambda i: i["versions"].__setitem__("v2", "second"))


@fault("E092", "E023", recipe=PLAIN)
def manifest_digest_has_no_array(built: BuiltObject) -> None:
    """What is not in an array is not in the manifest, so the file is missing there."""
    built.change(lambda i: i["manifest"].__setitem__(FIRST, "v1/content/a.txt"))


@fault("E050", recipe=PLAIN)
def state_digest_in_other_case(built: BuiltObject) -> None:
    state = {FIRST.upper(): ["a.txt"], digest(b"second\n"): ["sub/b.txt"]}
    built.change(lambda i: i["versions"]["v1"].__setitem__("state", state))


@fault("E050", recipe=PLAIN)
def state_digest_not_in_manifest(built: BuiltObject) -> None:
    built.change(lambda i: i["versions"]["v1"]["state"].__setitem__(digest(b"x"), ["x"]))


@fault("E095", recipe=PLAIN)
def logical_path_is_a_directory_beside_one_of_like_name(built: BuiltObject) -> None:
    def add(inventory: Json) -> None:
        inventory["versions"]["v1"]["state"][FIRST] += ["sub", "sub-x"]

    built.change(add)


@fault("E107", recipe=PLAIN)
def manifest_digest_not_used(built: BuiltObject) -> None:
    built.change(lambda i: i["versions"]["v1"]["state"].pop(FIRST))


@fault("E096", recipe=PLAIN)
def manifest_digest_in_two_cases(built: BuiltObject) -> None:
    (built.root / "v1/content/copy.txt").write_bytes(b"first\n")
    built.change(lambda i: i["manifest"].__setitem__(FIRST.upper(), ["v1/content/copy.txt"]))


@fault("E096", recipe=PLAIN, differs=REPEATED)
def manifest_digest_repeated(built: BuiltObject) -> None:
    text = f'"{FIRST}": ["v1/content/a.txt"], '
    _insert(built, f'"{FIRST}": ["v1/content/a.txt"]', text)


@fault("E033", recipe=PLAIN, differs=REPEATED)
def inventory_key_repeated(built: BuiltObject) -> None:
    _insert(built, '"id"', '"id": "urn:example:other", ')


@fault("E031", recipe=PLAIN)
def sha512_of_a_wrong_form(built: BuiltObject) -> None:
    _raw(built, dump(built.inventory()).replace(FIRST.encode(), b"f1257"))


@fault("E039", recipe=Recipe(versions=PLAIN.versions, algorithms=("sha256",)))
def digests_of_another_algorithm(built: BuiltObject) -> None:
    built.change(lambda i: i.__setitem__("digestAlgorithm", "sha512"))


@fault("E025", recipe=Recipe(versions=PLAIN.versions, algorithms=("md5",)))
def content_addressed_by_md5(built: BuiltObject) -> None:
    """The whole object is consistent, but the algorithm is not allowed."""


@fault("E105", recipe=LATER)
def version_number_is_no_number(built: BuiltObject) -> None:
    built.change(lambda i: i["versions"].__setitem__("vtwo", i["versions"]["v2"]))


@fault("E104", recipe=LATER)
def version_name_without_v(built: BuiltObject) -> None:
    built.change(lambda i: i["versions"].__setitem__("2", i["versions"]["v2"]))


@fault("E009", recipe=Recipe(versions=({"a": b"1"},)))
def versions_begin_with_two(built: BuiltObject) -> None:
    _rename(built, "v1", "v2")


@fault("E010", recipe=LATER)
def version_numbers_with_a_gap(built: BuiltObject) -> None:
    _rename(built, "v2", "v3")


@fault("E011", "W001", recipe=Recipe(versions=({"a": b"1"},) * 10, width=2))
def padding_used_up(built: BuiltObject) -> None:
    """The tenth version needs one digit more than the padding of the first allows."""
    assert built.names[0] == "v01"
    assert built.head == "v10"


@fault("E012", recipe=LATER)
def second_version_padded(built: BuiltObject) -> None:
    _rename(built, "v2", "v02")


@fault("E013", "E040", "E066", "E092", recipe=LATER)
def first_inventory_names_versions_otherwise(built: BuiltObject) -> None:
    """It says v001: a version and files that do not exist, and not the directory it lies in."""
    text = json.dumps(built.inventory("v1")).replace('"v1', '"v001')
    built.write(text.encode(), "v1", algorithm="sha512")


@fault("E019", "E021", recipe=Recipe(content_directory="data"))
def content_directory_not_set_in_first_version(built: BuiltObject) -> None:
    """Without the key, the first inventory's own paths are in the wrong directory as well."""
    built.change(lambda i: i.pop("contentDirectory"), "v1")


@fault("E020", "E042", recipe=Recipe(content_directory="data"))
def content_directory_changed(built: BuiltObject) -> None:
    """With another name, the first inventory's own paths are in the wrong directory as well."""
    built.change(lambda i: i.__setitem__("contentDirectory", "stuff"), "v1")


@fault("E066", recipe=LATER)
def earlier_state_names_a_file_otherwise(built: BuiltObject) -> None:
    built.change(lambda i: i["versions"]["v1"]["state"].__setitem__(FIRST, ["z.txt"]), "v1")


@fault("E066", recipe=LATER)
def earlier_state_swaps_two_files(built: BuiltObject) -> None:
    state = {FIRST: ["sub/b.txt"], digest(b"second\n"): ["a.txt"]}
    built.change(lambda i: i["versions"]["v1"].__setitem__("state", state), "v1")


@fault("E066", "W004", recipe=Recipe(algorithms=("sha256", "sha512")))
def earlier_state_of_another_algorithm_swaps_two_files(built: BuiltObject) -> None:
    state = {digest(b"first\n", "sha256"): ["sub/b.txt"], digest(b"second\n", "sha256"): ["a.txt"]}
    built.change(lambda i: i["versions"]["v1"].__setitem__("state", state), "v1")


@fault("E040", recipe=LATER)
def newest_inventory_in_the_first_version(built: BuiltObject) -> None:
    built.write(built.inventory(), "v1")


@fault("E103", recipe=Recipe(specifications=("1.1", "1.0")))
def second_version_follows_an_older_specification(built: BuiltObject) -> None:
    """The order of the two versions of OCFL is the fault."""


@fault("E110", recipe=LATER)
def id_changed(built: BuiltObject) -> None:
    built.change(lambda i: i.__setitem__("id", "urn:example:other"), "v1")


@fault("E037", recipe=Recipe(specifications=("1.0",)))
def id_changed_in_1_0(built: BuiltObject) -> None:
    built.change(lambda i: i.__setitem__("id", "urn:example:other"), "v1")


@fault("W011", recipe=LATER)
def message_changed(built: BuiltObject) -> None:
    built.change(lambda i: i["versions"]["v1"].__setitem__("message", "another"), "v1")


@fault("E033", recipe=PLAIN)
def inventory_is_not_json(built: BuiltObject) -> None:
    _raw(built, b'{"id": ')


@fault("E033", recipe=PLAIN)
def inventory_is_empty(built: BuiltObject) -> None:
    _raw(built, b"")


@fault("E033", recipe=PLAIN)
def inventory_is_an_array(built: BuiltObject) -> None:
    _raw(built, b"[]")


@fault("E033", recipe=PLAIN, differs=CRASH)
def inventory_is_not_utf8(built: BuiltObject) -> None:
    _raw(built, dump(built.inventory()).replace(b"Ada", b"\xc4da"))


@fault("E033", recipe=PLAIN, differs=CRASH)
def inventory_is_too_deep(built: BuiltObject) -> None:
    _raw(built, b"[" * 200_000)


@fault("E033", recipe=PLAIN)
def inventory_with_nan(built: BuiltObject) -> None:
    _insert(built, '"id"', '"fixity": NaN, ')


@fault("E037", recipe=PLAIN, differs=CRASH)
def inventory_with_a_huge_number(built: BuiltObject) -> None:
    text = json.dumps(built.inventory()).replace('"urn:example:object"', "7" * 100_000)
    _raw(built, text.encode())


@fault("E105", recipe=PLAIN)
def version_number_with_thousands_of_digits(built: BuiltObject) -> None:
    text = json.dumps(built.inventory())
    head, _, tail = text.partition('"versions": {')
    block = '"created": "2026-01-01T12:00:00Z", "state": {}, "message": "x", "user": {"name": "A"}'
    _raw(built, f'{head}"versions": {{"v{"9" * 9000}": {{{block}}}, {tail}'.encode())


@fault("E099", "E100", recipe=PLAIN)
def content_path_leaves_the_object(built: BuiltObject) -> None:
    built.change(lambda i: i["manifest"][FIRST].append("/../../etc/passwd"))


@fault("E023", "E092", recipe=PLAIN)
def content_path_with_half_a_surrogate(built: BuiltObject) -> None:
    """No file can have that name, and the file that is there has another."""
    _raw(built, json.dumps(built.inventory()).replace("a.txt", "\\ud800").encode())
