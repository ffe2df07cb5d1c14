"""The blocks that tie digests to content paths: ``manifest`` and ``fixity`` (3.5.2 and 3.5.4)."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass

from aip.validation.ocfl.digests import (
    CONTENT_ALGORITHMS,
    form_code,
    form_of,
    has_form,
    is_known,
    normalised,
)
from aip.validation.ocfl.paths import CONTENT, check_conflicts, check_path
from aip.validation.ocfl.strict_json import (
    JsonObject,
    as_list,
    as_object,
    json_type,
    repeated_keys,
)
from aip.validation.ocfl.version_names import version_number
from oais.information.findings import Finding, finding


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest as far as it can be used.

    ``keys`` are the digests exactly as written; ``paths`` maps each content path to its digest in
    lower case, or to "" where that digest has the wrong form and cannot be compared; ``misplaced``
    are the paths that no file of the object can have. A manifest that is not ``readable`` has been
    reported, and nothing follows from what it does not hold.
    """

    keys: frozenset[str]
    paths: Mapping[str, str]
    misplaced: frozenset[str]
    readable: bool = True


@dataclass(frozen=True, slots=True)
class ContentPlaces:
    """Where content may lie: in one directory of each version.

    ``set_by_key`` tells whether the inventory names that directory itself or leaves it at ``content``.
    """

    versions: tuple[str, ...]
    content_directory: str
    set_by_key: bool


_NOTHING = Manifest(frozenset(), {}, frozenset(), readable=False)


def check_manifest(
    data: JsonObject, where: str, algorithm: str, places: ContentPlaces
) -> Generator[Finding, None, Manifest]:
    """Check the ``manifest`` block: digests, arrays, and content paths one by one and together."""
    if "manifest" not in data:
        yield finding("E041", where, "key manifest is missing from the inventory")
        return _NOTHING
    block = as_object(data["manifest"])
    if block is None:
        yield finding("E106", where, f"manifest is {json_type(data['manifest'])}, not an object")
        return _NOTHING
    yield from _check_repeated(block, "manifest", "E096", where)
    wrong = yield from _check_manifest_digests(block, algorithm, where)
    pairs = yield from _content_paths(block, "E092", "manifest", where)
    misplaced = set()
    for path, _ in pairs:
        faults = check_path(path, CONTENT, where) or _check_place(path, places, where)
        if faults:
            misplaced.add(path)
            yield from faults
    yield from check_conflicts((path for path, _ in pairs), CONTENT, where)
    paths = {path: "" if digest in wrong else normalised(digest) for path, digest in pairs}
    return Manifest(frozenset(block), paths, frozenset(misplaced))


def _check_repeated(block: JsonObject, name: str, code: str, where: str) -> Iterator[Finding]:
    for digest in repeated_keys(block):
        yield finding(code, where, f"digest {digest} stands more than once in {name}")
    seen: dict[str, str] = {}
    for digest in block:
        earlier = seen.setdefault(normalised(digest), digest)
        if earlier != digest:
            yield finding(code, where, f"{name} holds {digest} and, in other case, {earlier}")


def _check_manifest_digests(
    block: JsonObject, algorithm: str, where: str
) -> Generator[Finding, None, frozenset[str]]:
    wrong = frozenset(digest for digest in block if not has_form(digest, algorithm))
    other = next((name for name in CONTENT_ALGORITHMS if name != algorithm), "")
    if wrong and all(has_form(digest, other) for digest in block):
        yield finding(
            "E039", where, f"digestAlgorithm is {algorithm}, but the manifest holds {other} digests"
        )
        return wrong
    for digest in sorted(wrong):
        code = form_code(algorithm, "E025")
        yield finding(code, where, f"manifest digest {digest} is not {form_of(algorithm)} of {algorithm}")
    return wrong


def _content_paths(
    block: JsonObject, code: str, name: str, where: str
) -> Generator[Finding, None, list[tuple[str, str]]]:
    pairs = []
    for digest, value in block.items():
        paths = as_list(value)
        if paths is None:
            found = json_type(value)
            yield finding(code, where, f"{name} digest {digest} has {found}, expected an array")
            continue
        for path in paths:
            if isinstance(path, str):
                pairs.append((path, digest))
            else:
                found = json_type(path)
                yield finding("E098", where, f"{name} digest {digest}: a path is {found}")
    return pairs


def _check_place(path: str, places: ContentPlaces, where: str) -> list[Finding]:
    parts = path.split("/", 2)
    if len(parts) < 3:
        code = "E035" if "\\" in path else "E042"
        message = f"content path {path!r} does not lie in {_pattern(places)}"
        return [finding(code, where, message)]
    version, directory, _ = parts
    if places.versions and version not in places.versions:
        same = version_number(version) in map(version_number, places.versions)
        code = "E014" if same else "E042"
        message = f"content path {path!r}: {version} is not a version directory"
        return [finding(code, where, message)]
    if directory != places.content_directory:
        code = "E042" if places.set_by_key else "E021"
        message = f"content path {path!r} does not lie in {_pattern(places)}"
        return [finding(code, where, message)]
    return []


def _pattern(places: ContentPlaces) -> str:
    return f"<version>/{places.content_directory}/"


def check_fixity(
    data: JsonObject, manifest: Manifest, where: str, specification: str
) -> Generator[Finding, None, dict[str, dict[str, str]]]:
    """Check the ``fixity`` block; return the digests that can be compared, by content path."""
    if "fixity" not in data:
        return {}
    block = as_object(data["fixity"])
    if block is None:
        code = "E056" if specification == "1.0" else "E111"
        yield finding(code, where, f"fixity is {json_type(data['fixity'])}, expected an object")
        return {}
    for algorithm in repeated_keys(block):
        yield finding("E033", where, f"fixity algorithm {algorithm} stands more than once")
    comparable: dict[str, dict[str, str]] = {}
    for algorithm, value in block.items():
        pairs = yield from _check_fixity_algorithm(algorithm, value, manifest, where)
        for path, digest in pairs:
            comparable.setdefault(path, {})[algorithm] = normalised(digest)
    return comparable


def _check_fixity_algorithm(
    algorithm: str, value: object, manifest: Manifest, where: str
) -> Generator[Finding, None, list[tuple[str, str]]]:
    name = f"fixity {algorithm}"
    block = as_object(value)
    if block is None:
        yield finding("E057", where, f"{name} is {json_type(value)}, expected an object")
        return []
    if not is_known(algorithm):
        yield finding("E028", where, f"{name}: algorithm not known here, digests not compared")
    yield from _check_repeated(block, name, "E097", where)
    wrong = {digest for digest in block if not has_form(digest, algorithm)}
    for digest in sorted(wrong):
        code = form_code(algorithm, "E057")
        yield finding(code, where, f"{name} digest {digest} is not {form_of(algorithm)}")
    pairs = yield from _content_paths(block, "E057", name, where)
    sound = []
    for path, digest in pairs:
        if path in manifest.paths:
            if digest not in wrong and is_known(algorithm):
                sound.append((path, digest))
        else:
            yield from _check_unlisted(path, name, where)
    return sound


def _check_unlisted(path: str, name: str, where: str) -> Iterator[Finding]:
    faults = check_path(path, CONTENT, where)
    yield from faults
    if not faults:
        yield finding("E057", where, f"{name} names {path!r}, which is not in the manifest")
