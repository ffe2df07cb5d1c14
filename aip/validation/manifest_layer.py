"""The provider's own manifests, sealed in the package byte for byte, against what the package holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import unquote

from aip.validation.view import PackageView, ViewedFile
from oais.information.findings import Finding, finding
from oais.information.fixity import DIGEST_LENGTHS, hash_file

TAGS = "metadata/other/sip/"
_MANIFEST = re.compile(r"(tag)?manifest-([a-z0-9-]+)\.txt")
_LINE = re.compile(r"([0-9A-Fa-f]+)[ \t]+\*?(.+)")
_LONGEST = 256 << 20


def check_manifests(
    view: PackageView, original_names: Mapping[str, str], derived: Collection[str] = ()
) -> Iterator[Finding]:
    """Yield every file whose digest is not what the provider stated (RFC 8493 §2.1.3, §2.2.1).

    ``original_names`` maps the provider's path of a file to its path in the package, as PREMIS tells; those
    that are ``derived`` lie in an older version, where they are checked.
    """
    listed: set[str] = set()
    has_manifest = False
    for logical in view.files:
        match = _MANIFEST.fullmatch(logical.removeprefix(TAGS)) if logical.startswith(TAGS) else None
        if match is None or match[2] not in DIGEST_LENGTHS:
            continue
        has_manifest = has_manifest or not match[1]
        for digest, path in _entries(view.files[logical]):
            if path in derived:
                continue
            target = original_names.get(path) or _usual_place(view, path)
            listed.add(target)
            yield from _check_entry(view, logical, path, target, (match[2], digest))
    if not has_manifest:
        return
    for path in original_names.values():
        delivered = path.startswith("representations/") and path.split("/")[2] == "data"
        if delivered and path not in listed:
            message = f"{path} is in none of the provider's manifests"
            yield finding("AIP-123", view.content_of(path), message)


def _entries(file: ViewedFile) -> Iterator[tuple[str, str]]:
    try:
        with file.disk.open("rb") as stream:
            data = stream.read(_LONGEST)
    except OSError:
        return  # the OCFL check has told it
    for line in data.decode("utf-8", "surrogateescape").replace("\r", "\n").split("\n"):
        match = _LINE.fullmatch(line)
        if match:
            path = re.sub("%0[aAdD]|%25", lambda code: unquote(code[0]), match[2])
            yield match[1].lower(), path.removeprefix("./")


def _usual_place(view: PackageView, path: str) -> str:
    """Return where a file lies by the package's layout, when PREMIS does not name it."""
    if not path.startswith("data/"):
        return f"{TAGS}{path}"
    name = path.removeprefix("data/")
    places = (f"representations/original/data/{name}", f"documentation/{name}")
    return next((place for place in places if place in view.files), places[0])


def _check_entry(
    view: PackageView, manifest: str, path: str, target: str, stated: tuple[str, str]
) -> Iterator[Finding]:
    name = manifest.removeprefix(TAGS)
    file = view.files.get(target)
    if file is None:
        message = f"the provider's {name} names {path}, which v{view.version} does not hold"
        yield finding("AIP-122", view.content_of(manifest), message)
        return
    algorithm, expected = stated
    found = file.digests.get(algorithm)
    if found is None:
        found = hash_file(file.disk, (algorithm,)).digests.get(algorithm, "")
    if found != expected:
        message = (
            f"{algorithm} of {target} is {found[:16] or 'not known'}…, "
            f"the provider's {name} states {expected[:16]}…"
        )
        yield finding("AIP-121", file.content, message)
