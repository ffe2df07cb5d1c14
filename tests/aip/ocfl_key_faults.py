"""Faults of single values in an inventory, as tables: key or path, what stands there, the codes."""

from __future__ import annotations

from collections.abc import Callable

from tests.aip.ocfl_builder import BuiltObject, Json, Recipe, digest
from tests.aip.ocfl_faults import fault

FIRST = digest(b"first\n")
PLAIN = Recipe(versions=({"a.txt": b"first\n", "sub/b.txt": b"second\n"},))
LATER = Recipe()
OLD = Recipe(specifications=("1.0",), fixity=("md5",))
CRASH = "crashes"
NO_KEY_CHECK = "has no check for E102, keys the standard does not know"


def inventory_key(
    *codes: str, key: str, value: object = None, recipe: Recipe = PLAIN, differs: str = "", name: str
) -> None:
    """Register a fault that sets one key of the current inventory, or removes it for None."""

    def break_object(built: BuiltObject) -> None:
        def change(inventory: Json) -> None:
            inventory.pop(key, None)
            if value is not None:
                inventory[key] = None if value == "null" else value

        built.change(change)

    break_object.__name__ = name
    fault(*codes, recipe=recipe, differs=differs)(break_object)


def version_key(*codes: str, key: str, value: object = None, differs: str = "", name: str) -> None:
    """Register a fault that sets one key of the only version block, or removes it for None."""

    def break_object(built: BuiltObject) -> None:
        def change(inventory: Json) -> None:
            inventory["versions"]["v1"].pop(key, None)
            if value is not None:
                inventory["versions"]["v1"][key] = value

        built.change(change)

    break_object.__name__ = name
    fault(*codes, recipe=PLAIN, differs=differs)(break_object)


def content_path(*codes: str, path: object, differs: str = "", name: str) -> None:
    """Register a fault that adds a content path to the manifest."""
    _path(lambda i: i["manifest"][FIRST].append(path), codes, differs, name)


def logical_path(*codes: str, path: object, differs: str = "", name: str) -> None:
    """Register a fault that adds a logical path to the state."""
    _path(lambda i: i["versions"]["v1"]["state"][FIRST].append(path), codes, differs, name)


def _path(change: Callable[[Json], object], codes: tuple[str, ...], differs: str, name: str) -> None:
    def break_object(built: BuiltObject) -> None:
        built.change(change)

    break_object.__name__ = name
    fault(*codes, recipe=PLAIN, differs=differs)(break_object)


# Basic structure, section 3.5.1. Without versions no content path can be right.
inventory_key("E036", key="id", name="no_id")
inventory_key("E036", key="type", name="no_type")
inventory_key("E036", key="head", name="no_head")
inventory_key("E036", key="digestAlgorithm", name="no_digest_algorithm")
inventory_key("E041", key="manifest", name="no_manifest", differs=CRASH)
inventory_key("E106", key="manifest", value=["x"], name="manifest_is_an_array")
inventory_key("E044", key="versions", name="no_versions")
inventory_key("E045", key="versions", value=[1], name="versions_is_an_array")
inventory_key("E008", key="versions", value={}, name="versions_is_empty")
inventory_key("E037", key="id", value="", name="id_is_empty")
inventory_key("E037", key="id", value=7, name="id_is_a_number")
inventory_key("E038", key="type", value="https://ocfl.io/1.1/spec", name="type_is_another_uri")
inventory_key("E038", key="type", value=[1], name="type_is_an_array")
inventory_key(
    "E038",
    key="type",
    value="https://ocfl.io/1.0/spec/#inventory",
    name="type_is_not_that_of_the_declaration",
    differs="does not compare type and declaration",
)
inventory_key("E040", key="head", value="v9", name="head_is_no_version")
inventory_key("E040", key="head", value=[1], name="head_is_an_array")
inventory_key("E040", key="head", value="v1", recipe=LATER, name="head_is_not_the_newest")
inventory_key("E017", key="contentDirectory", value="a/b", name="content_directory_with_slash")
inventory_key("E018", key="contentDirectory", value="..", name="content_directory_is_dots")
inventory_key("E108", key="contentDirectory", value=3, name="content_directory_is_a_number")
inventory_key("E102", key="color", value="red", name="unknown_key", differs=NO_KEY_CHECK)
inventory_key("E111", key="fixity", value="null", name="fixity_is_null")
inventory_key("E111", key="fixity", value=["md5"], name="fixity_is_an_array")
inventory_key("E057", key="fixity", value={"md5": ["x"]}, name="fixity_algorithm_is_an_array")
inventory_key(
    "E057",
    key="fixity",
    value={"md5": {digest(b"first\n", "md5"): "v1/content/a.txt"}},
    name="fixity_digest_has_no_array",
)
inventory_key(
    "E057",
    key="fixity",
    value={"md5": {digest(b"x", "md5"): ["v1/content/none.txt"]}},
    name="fixity_of_a_path_not_in_the_manifest",
)
inventory_key(
    "E100",
    key="fixity",
    value={"md5": {digest(b"first\n", "md5"): ["/v1/content/a.txt"]}},
    name="fixity_path_begins_with_slash",
)
inventory_key(
    "E097",
    key="fixity",
    value={
        "md5": {
            digest(b"first\n", "md5"): ["v1/content/a.txt"],
            digest(b"first\n", "md5").upper(): ["v1/content/a.txt"],
        }
    },
    name="fixity_digest_in_two_cases",
)
inventory_key("E057", key="fixity", value={"md5": {"xyz": []}}, name="md5_of_a_wrong_form")
inventory_key("E029", key="fixity", value={"sha1": {"xyz": []}}, name="sha1_of_a_wrong_form")
inventory_key("E030", key="fixity", value={"sha256": {"12": []}}, name="sha256_of_a_wrong_form")
inventory_key("E032", key="fixity", value={"blake2b-512": {"12": []}}, name="blake2b_of_a_wrong_form")
inventory_key(
    "E028",
    key="fixity",
    value={"whirlpool": {"12": ["v1/content/a.txt"]}},
    name="fixity_algorithm_not_known",
    differs="refuses what section 3.4 tells clients to ignore",
)
inventory_key("E056", key="fixity", value="null", recipe=OLD, name="fixity_is_null_in_1_0")

# Version blocks, section 3.5.3.1.
version_key("E048", key="created", name="no_created")
version_key("E048", key="state", name="no_state")
version_key("E049", key="created", value=20260101, name="created_is_a_number")
version_key("E049", key="created", value="2026-01-01T12:00:00", name="created_without_zone")
version_key("E049", key="created", value="2026-01-01T12:00Z", name="created_without_seconds")
version_key(
    "E049",
    key="created",
    value="2026-01-01T12:00:61Z",
    name="created_in_second_61",
)
version_key("E049", key="created", value="2026-13-01T12:00:00Z", name="created_in_month_13")
version_key("E050", key="state", value=["x"], name="state_is_an_array")
version_key("E094", key="message", value=["x"], name="message_is_an_array")
version_key("E054", key="user", value="Ada", name="user_is_a_string")
version_key("E054", key="user", value={"address": "mailto:a@b.org"}, name="user_without_name")
version_key("E054", key="user", value={"name": "A", "address": 5}, name="user_address_is_a_number")
version_key("E102", key="mood", value="good", name="unknown_version_key", differs=NO_KEY_CHECK)
version_key(
    "E102",
    key="user",
    value={"name": "A", "address": "mailto:a@b.org", "age": 36},
    name="unknown_user_key",
    differs=NO_KEY_CHECK,
)
version_key("W007", key="message", name="no_message")
version_key("W007", key="user", name="no_user")
version_key("W008", key="user", value={"name": "Ada"}, name="user_without_address")
version_key("W009", key="user", value={"name": "A", "address": "here"}, name="address_no_uri")
inventory_key("W005", key="id", value="object 7", name="id_is_not_a_uri")

# Content paths and logical paths.
content_path("E098", path=5, name="content_path_is_a_number", differs=CRASH)
content_path("E099", path="v1/content/../a", name="content_path_with_dots")
content_path("E099", path="v1/content//a", name="content_path_with_empty_element")
content_path("E100", path="/v1/content/a", name="content_path_begins_with_slash")
content_path("E100", path="v1/content/a/", name="content_path_ends_with_slash")
content_path("E101", path="v1/content/a.txt", name="content_path_twice")
content_path("E101", "E092", path="v1/content/sub", name="content_path_is_a_directory_too")
content_path("E042", path="a.txt", name="content_path_in_the_object_root")
content_path("E042", path="v7/content/a.txt", name="content_path_in_no_version")
content_path("E021", path="v1/data/a.txt", name="content_path_in_another_directory")
content_path("E035", path="v1\\content\\a.txt", name="content_path_with_backslashes")
content_path("E014", path="v001/content/a.txt", name="content_path_padded_otherwise")
logical_path("E051", path=5, name="logical_path_is_a_number", differs=CRASH)
logical_path("E052", path="x/../a", name="logical_path_with_dots")
logical_path("E053", path="/a", name="logical_path_begins_with_slash")
logical_path("E095", path="a.txt", name="logical_path_twice")
logical_path("E095", path="sub", name="logical_path_is_a_directory_too")
