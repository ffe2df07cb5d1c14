"""The inventory: its basic structure (section 3.5.1), and what the other checks need of it."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass

from aip.validation.ocfl.declaration import SPECIFICATIONS
from aip.validation.ocfl.digests import CONTENT_ALGORITHMS
from aip.validation.ocfl.manifest import (
    ContentPlaces,
    Manifest,
    check_fixity,
    check_manifest,
)
from aip.validation.ocfl.states import check_all_used, check_states
from aip.validation.ocfl.strict_json import JsonObject, as_object, json_type, repeated_keys
from aip.validation.ocfl.version_names import check_version_names, is_padded
from oais.information.findings import Finding, finding

DEFAULT_CONTENT_DIRECTORY = "content"

_REQUIRED = ("id", "type", "digestAlgorithm", "head")
_KEYS = frozenset({*_REQUIRED, "contentDirectory", "manifest", "versions", "fixity"})
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.+", re.DOTALL)
_TYPES = {f"https://ocfl.io/{version}/spec/#inventory": version for version in SPECIFICATIONS}


@dataclass(frozen=True, slots=True)
class Inventory:
    """An inventory as far as it can be used: faults are reported when it is made, not kept here.

    ``names`` are the sound version names in order and ``versions`` their blocks, where these are
    objects; ``fixity`` maps each content path to its further digests by algorithm.
    """

    where: str
    specification: str
    identifier: str | None
    algorithm: str
    content_directory: str
    sets_content_directory: bool
    manifest: Manifest
    names: tuple[str, ...]
    versions: Mapping[str, JsonObject]
    fixity: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class InventoryContext:
    """What is known of an inventory from outside it.

    ``declared`` is the version of the declaration, for the root inventory only; ``head`` is the
    version directory it lies in, if any; ``known`` holds version blocks already checked elsewhere.
    """

    where: str
    specification: str
    declared: str | None
    head: str | None
    known: Mapping[str, JsonObject]


def check_inventory(data: JsonObject, context: InventoryContext) -> Generator[Finding, None, Inventory]:
    """Check everything that can be said of an inventory alone and return its usable content."""
    where = context.where
    yield from _check_keys(data, where)
    identifier = yield from _check_identifier(data, where)
    specification = yield from _check_type(data, context)
    algorithm = yield from _check_algorithm(data, where)
    directory = yield from _check_content_directory(data, where)
    names, versions = yield from _check_versions(data, where)
    yield from _check_head(data, names, context)
    if context.head is None:
        yield from _check_padding(names, where)
    content = directory if directory is not None else DEFAULT_CONTENT_DIRECTORY
    places = ContentPlaces(names, content, set_by_key="contentDirectory" in data)
    manifest = yield from check_manifest(data, where, algorithm, places)
    used = yield from check_states(versions, manifest, where, context.known)
    if len(versions) == len(names) and used is not None:
        yield from check_all_used(manifest, used, where)
    fixity = yield from check_fixity(data, manifest, where, specification)
    return Inventory(
        where=where,
        specification=specification,
        identifier=identifier,
        algorithm=algorithm,
        content_directory=content,
        sets_content_directory=directory is not None,
        manifest=manifest,
        names=names,
        versions=versions,
        fixity=fixity,
    )


def _check_keys(data: JsonObject, where: str) -> Iterator[Finding]:
    for key in repeated_keys(data):
        yield finding("E033", where, f"key {key} stands more than once in the inventory")
    for key in _REQUIRED:
        if key not in data:
            yield finding("E036", where, f"key {key} is missing from the inventory")
    for key in data.keys() - _KEYS:
        yield finding("E102", where, f"key {key} is not one of an OCFL inventory")


def _check_identifier(data: JsonObject, where: str) -> Generator[Finding, None, str | None]:
    if "id" not in data:
        return None
    value = data["id"]
    if not isinstance(value, str) or not value:
        shown = "empty" if value == "" else json_type(value)
        yield finding("E037", where, f"id is {shown}, expected a unique, non-empty string")
        return None
    if not _SCHEME.fullmatch(value):
        yield finding("W005", where, f"id {value} is not a URI")
    return value


def _check_type(data: JsonObject, context: InventoryContext) -> Generator[Finding, None, str]:
    if "type" not in data:
        return context.specification
    value = data["type"]
    version = _TYPES.get(value) if isinstance(value, str) else None
    expected = context.declared or version
    if version is None or version != expected:
        shown = repr(value) if isinstance(value, str) else json_type(value)
        wanted = f"https://ocfl.io/{expected or context.specification}/spec/#inventory"
        yield finding("E038", context.where, f"type is {shown}, expected {wanted!r}")
    return version or context.specification


def _check_algorithm(data: JsonObject, where: str) -> Generator[Finding, None, str]:
    value = data.get("digestAlgorithm", CONTENT_ALGORITHMS[0])
    if not isinstance(value, str) or value not in CONTENT_ALGORITHMS:
        shown = value if isinstance(value, str) else json_type(value)
        yield finding("E025", where, f"digestAlgorithm is {shown}, expected sha512 or sha256")
    elif value != CONTENT_ALGORITHMS[0]:
        yield finding("W004", where, f"digestAlgorithm is {value}, recommended is sha512")
    return value if isinstance(value, str) else CONTENT_ALGORITHMS[0]


def _check_content_directory(data: JsonObject, where: str) -> Generator[Finding, None, str | None]:
    if "contentDirectory" not in data:
        return None
    value = data["contentDirectory"]
    code = ""
    if not isinstance(value, str) or not value:
        code = "E108"
    elif "/" in value:
        code = "E017"
    elif value in (".", ".."):
        code = "E018"
    if code:
        shown = repr(value) if isinstance(value, str) else json_type(value)
        yield finding(code, where, f"contentDirectory is {shown}, expected the name of one directory")
        return None
    return str(value)


def _check_versions(
    data: JsonObject, where: str
) -> Generator[Finding, None, tuple[tuple[str, ...], dict[str, JsonObject]]]:
    if "versions" not in data:
        yield finding("E044", where, "key versions is missing from the inventory")
        return (), {}
    blocks = as_object(data["versions"])
    if blocks is None:
        yield finding("E045", where, f"versions is {json_type(data['versions'])}, not an object")
        return (), {}
    if not blocks:
        yield finding("E008", where, "versions is empty, expected at least version 1")
    for key in repeated_keys(blocks):
        yield finding("E033", where, f"version {key} stands more than once in the inventory")
    names = yield from check_version_names(blocks, where)
    usable: dict[str, JsonObject] = {}
    for name in names:
        block = as_object(blocks[name])
        if block is None:
            found = json_type(blocks[name])
            yield finding("E047", where, f"the value of version {name} is {found}, not an object")
        else:
            usable[name] = block
    return names, usable


def _check_head(data: JsonObject, names: tuple[str, ...], context: InventoryContext) -> Iterator[Finding]:
    if "head" not in data or not names:
        return
    head = data["head"]
    if head != names[-1]:
        shown = head if isinstance(head, str) else json_type(head)
        yield finding("E040", context.where, f"head is {shown}, expected the highest version, {names[-1]}")
    elif context.head is not None and head != context.head:
        yield finding("E040", context.where, f"head is {head}, but the inventory lies in {context.head}")


def _check_padding(names: tuple[str, ...], where: str) -> Iterator[Finding]:
    if names and is_padded(names[0]):
        yield finding("W001", where, f"version {names[0]} is zero-padded")
