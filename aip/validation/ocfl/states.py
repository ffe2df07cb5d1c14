"""The version blocks of an inventory: state, date, message and user (section 3.5.3.1)."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from datetime import datetime

from aip.validation.ocfl.digests import normalised
from aip.validation.ocfl.manifest import Manifest
from aip.validation.ocfl.paths import LOGICAL, check_conflicts, check_path
from aip.validation.ocfl.strict_json import (
    JsonObject,
    as_list,
    as_object,
    json_type,
    repeated_keys,
    same_value,
)
from oais.information.findings import Finding, finding

_KEYS = frozenset({"created", "state", "message", "user"})
_USER_KEYS = frozenset({"name", "address"})
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}):([0-9]{2})(?:\.[0-9]+)?"
    r"(?:[Zz]|[+-]([0-9]{2}):([0-9]{2}))"
)


def check_states(
    versions: Mapping[str, JsonObject],
    manifest: Manifest,
    where: str,
    known: Mapping[str, JsonObject],
) -> Generator[Finding, None, set[str] | None]:
    """Check each version block, except those found equal in ``known``.

    Two blocks that are equal have the same faults, and these have been reported where the first
    one stood; only whether the digests stand in this inventory's manifest is asked again. Returns
    the digests that the states use, or None if some state cannot be read.
    """
    used: set[str] = set()
    readable = bool(versions)
    for name, block in versions.items():
        if not same_value(known.get(name), block):
            yield from _check_block(block, f"version {name}", where)
        state = as_object(block.get("state"))
        if state is None:
            readable = False
            continue
        used.update(normalised(digest) for digest in state)
        if manifest.readable:
            yield from _check_digests_listed(state, manifest, name, where)
    return used if readable else None


def _check_digests_listed(state: JsonObject, manifest: Manifest, name: str, where: str) -> Iterator[Finding]:
    missing = [digest for digest in state if digest not in manifest.keys]
    if not missing:
        return
    listed = {normalised(digest) for digest in manifest.keys}
    for digest in missing:
        other = ", only in other case" if normalised(digest) in listed else ""
        yield finding("E050", where, f"version {name}: digest {digest} is not in manifest{other}")


def check_all_used(manifest: Manifest, used: set[str], where: str) -> Iterator[Finding]:
    """Yield E107 for each digest of the manifest that no state uses."""
    for digest in sorted(manifest.keys):
        if normalised(digest) not in used:
            yield finding("E107", where, f"manifest digest {digest} is in no version's state")


def _check_block(block: JsonObject, name: str, where: str) -> Iterator[Finding]:
    for key in repeated_keys(block):
        yield finding("E033", where, f"{name}: key {key} stands more than once")
    for key in block.keys() - _KEYS:
        yield finding("E102", where, f"{name}: key {key} is not one of a version block")
    for key in ("created", "state"):
        if key not in block:
            yield finding("E048", where, f"{name}: key {key} is missing")
    if "created" in block:
        yield from _check_created(block["created"], name, where)
    if "state" in block:
        yield from _check_state(block["state"], name, where)
    yield from _check_message(block, name, where)
    yield from _check_user(block, name, where)


def _check_created(value: object, name: str, where: str) -> Iterator[Finding]:
    if not isinstance(value, str):
        yield finding("E049", where, f"{name}: created is {json_type(value)}, expected a string")
    elif not is_rfc3339(value):
        yield finding(
            "E049",
            where,
            f"{name}: created is {value!r}, expected a date and time to the second with time zone",
        )


def is_rfc3339(text: str) -> bool:
    """Return whether the text is a date and time of RFC 3339; a leap second is one."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        return False
    day, minute, second, zone_hour, zone_minute = match.groups(default="00")
    try:
        datetime.fromisoformat(f"{day}T{minute}")
    except ValueError:
        return False
    return int(second) <= 60 and int(zone_hour) < 24 and int(zone_minute) < 60


def _check_state(value: object, name: str, where: str) -> Iterator[Finding]:
    state = as_object(value)
    if state is None:
        yield finding("E050", where, f"{name}: state is {json_type(value)}, expected an object")
        return
    for digest in repeated_keys(state):
        yield finding("E033", where, f"{name}: digest {digest} stands more than once in state")
    paths = yield from _logical_paths(state, name, where)
    for path in paths:
        yield from check_path(path, LOGICAL, where)
    yield from check_conflicts(paths, LOGICAL, where)


def _logical_paths(state: JsonObject, name: str, where: str) -> Generator[Finding, None, list[str]]:
    found: list[str] = []
    for digest, value in state.items():
        paths = as_list(value)
        if paths is None:
            message = f"{name}: state of digest {digest} is {json_type(value)}, expected an array"
            yield finding("E050", where, message)
            continue
        for path in paths:
            if isinstance(path, str):
                found.append(path)
            else:
                message = f"{name}: a logical path of digest {digest} is {json_type(path)}"
                yield finding("E051", where, message)
    return found


def _check_message(block: JsonObject, name: str, where: str) -> Iterator[Finding]:
    if "message" not in block:
        yield finding("W007", where, f"{name}: no message says why the version was made")
    elif not isinstance(block["message"], str):
        found = json_type(block["message"])
        yield finding("E094", where, f"{name}: message is {found}, expected a string")


def _check_user(block: JsonObject, name: str, where: str) -> Iterator[Finding]:
    if "user" not in block:
        yield finding("W007", where, f"{name}: no user says who made the version")
        return
    user = as_object(block["user"])
    if user is None:
        found = json_type(block["user"])
        yield finding("E054", where, f"{name}: user is {found}, expected an object with a name")
        return
    for key in repeated_keys(user):
        yield finding("E033", where, f"{name}: user key {key} stands more than once")
    for key in user.keys() - _USER_KEYS:
        yield finding("E102", where, f"{name}: key {key} is not one of a user block")
    if not isinstance(user.get("name"), str) or not user["name"]:
        yield finding("E054", where, f"{name}: user has no name that is a non-empty string")
    yield from _check_address(user, name, where)


def _check_address(user: JsonObject, name: str, where: str) -> Iterator[Finding]:
    if "address" not in user:
        yield finding("W008", where, f"{name}: user has no address")
    elif not isinstance(user["address"], str):
        found = json_type(user["address"])
        yield finding("E054", where, f"{name}: user address is {found}, expected a string")
    elif not _ADDRESS.fullmatch(user["address"]):
        yield finding("W009", where, f"{name}: user address {user['address']!r} is not a URI")
