"""The inventories of earlier versions, compared with the current one (section 3.7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aip.validation.ocfl.digests import normalised
from aip.validation.ocfl.inventory import Inventory
from aip.validation.ocfl.strict_json import JsonObject, as_list, as_object, same_value
from aip.validation.ocfl.version_names import same_convention, version_number
from oais.information.findings import Finding, finding


def check_earlier(earlier: Inventory, current: Inventory) -> Iterator[Finding]:
    """Check that an earlier version's inventory tells the same history as the current one."""
    yield from _check_identifier(earlier, current)
    yield from _check_content_directory(earlier, current)
    yield from _check_naming(earlier, current)
    for name, block in earlier.versions.items():
        now = current.versions.get(name)
        if now is None:
            if current.names and name not in current.names:
                message = f"version {name} is in {earlier.where}, but not in {current.where}"
                yield finding("E066", earlier.where, message)
        elif earlier.algorithm != current.algorithm or not same_value(block, now):
            yield from _check_block(name, earlier, current)


def check_order_of_specifications(earlier: Inventory, later: Inventory) -> Iterator[Finding]:
    """Yield E103 if a later version follows an older specification (section 3.7.1)."""
    if later.specification < earlier.specification:
        yield finding(
            "E103",
            later.where,
            f"{later.where} follows OCFL {later.specification}, "
            f"but {earlier.where} before it OCFL {earlier.specification}",
        )


def _check_identifier(earlier: Inventory, current: Inventory) -> Iterator[Finding]:
    if earlier.identifier is None or current.identifier is None:
        return
    if earlier.identifier != current.identifier:
        code = "E037" if current.specification == "1.0" else "E110"
        yield finding(
            code,
            earlier.where,
            f"id is {earlier.identifier}, in {current.where} it is {current.identifier}",
        )


def _check_content_directory(earlier: Inventory, current: Inventory) -> Iterator[Finding]:
    if earlier.sets_content_directory == current.sets_content_directory:
        if earlier.content_directory == current.content_directory:
            return
        code = "E020"
    else:
        is_first = earlier.names and version_number(earlier.names[-1]) == 1
        code = "E019" if is_first and current.sets_content_directory else "E020"
    yield finding(
        code,
        earlier.where,
        f"content directory is {_named(earlier)} in {earlier.where}, {_named(current)} in {current.where}",
    )


def _named(inventory: Inventory) -> str:
    unset = "" if inventory.sets_content_directory else " (contentDirectory not set)"
    return inventory.content_directory + unset


def _check_naming(earlier: Inventory, current: Inventory) -> Iterator[Finding]:
    if not earlier.names or not current.names:
        return
    if not same_convention(current.names[0], earlier.names[0]):
        yield finding(
            "E013",
            earlier.where,
            f"versions are named like {earlier.names[0]}, in {current.where} like {current.names[0]}",
        )


def _check_block(name: str, earlier: Inventory, current: Inventory) -> Iterator[Finding]:
    before, now = earlier.versions[name], current.versions[name]
    difference = _difference_of_states(name, earlier, current)
    if difference:
        yield finding(
            "E066",
            earlier.where,
            f"version {name} is another state in {earlier.where} than in {current.where}: {difference}",
        )
    for key in ("created", "message", "user"):
        if not same_value(before.get(key), now.get(key)):
            yield finding(
                "W011",
                earlier.where,
                f"{key} of version {name} is not the same in {earlier.where} and {current.where}",
            )


def _difference_of_states(name: str, earlier: Inventory, current: Inventory) -> str:
    before = _logical_state(earlier.versions[name])
    now = _logical_state(current.versions[name])
    if before is None or now is None:
        return ""
    odd = sorted(before.keys() ^ now.keys())
    if odd:
        return f"{len(odd)} logical paths stand in one only, such as {odd[0]!r}"
    if earlier.algorithm == current.algorithm:
        changed = sorted(path for path in before if before[path] != now[path])
    else:
        changed = _changed_content(before, now, earlier, current)
    if changed:
        return f"{len(changed)} logical paths have other content, such as {changed[0]!r}"
    return ""


def _logical_state(block: JsonObject) -> dict[str, str] | None:
    state = as_object(block.get("state"))
    if state is None:
        return None
    return {
        path: normalised(digest)
        for digest, paths in state.items()
        for path in as_list(paths) or []
        if isinstance(path, str)
    }


def _changed_content(
    before: Mapping[str, str],
    now: Mapping[str, str],
    earlier: Inventory,
    current: Inventory,
) -> list[str]:
    """Compare by content path, since digests of different algorithms cannot be compared."""
    files = _files_by_digest(earlier)
    files_now = _files_by_digest(current)
    nothing: set[str] = set()
    return sorted(
        path for path in before if not files.get(before[path], nothing) <= files_now.get(now[path], nothing)
    )


def _files_by_digest(inventory: Inventory) -> dict[str, set[str]]:
    files: dict[str, set[str]] = {}
    for path, digest in inventory.manifest.paths.items():
        files.setdefault(digest, set()).add(path)
    return files
