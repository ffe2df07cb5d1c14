"""What an audit expects to find in an object: every content file with its digests, and no other file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aip.audit_names import Met
from aip.inventory import Inventory
from aip.root import LAYERS, ROOT_DECLARATION
from aip.sealing import key_name, signature_name
from aip.stored import AUDITS, INVENTORY, OBJECT_DECLARATION, OBJECT_DECLARED, SIDECAR, SIGNATURES
from aip.writing import FAST_DIGESTS
from oais.disk_faults import unreadable
from oais.errors import StorageError
from oais.files import read_regular
from oais.information.findings import Finding, finding
from oais.information.identifiers import object_path

_TEMPORARY = re.compile(r"\.inventory\.json(\.sha512)?\.[0-9]+\.tmp")
_LINE = re.compile(r"^([0-9a-f]{64})  (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ContentPlan:
    """The digests on record by algorithm and content path, and the algorithms that were ``asked`` for.

    Every content path has a sha512; there is one table for each algorithm and nothing for each file.
    """

    digests: Mapping[str, Mapping[str, str]]
    asked: tuple[str, ...]

    @property
    def paths(self) -> Collection[str]:
        """All content paths."""
        return self.digests["sha512"].keys()

    def groups(self) -> Iterator[tuple[tuple[str, ...], list[str]]]:
        """Yield the paths to hash by the algorithms they are hashed with.

        A file without a digest of any kind asked for is hashed with sha512; if nothing is, none is.
        """
        groups: dict[tuple[str, ...], list[str]] = {(): list(self.paths)} if self.asked else {}
        for name in self.asked:
            table = self.digests.get(name, {})
            known = {
                (*names, name): [path for path in some if path in table] for names, some in groups.items()
            }
            rest = {names: [path for path in some if path not in table] for names, some in groups.items()}
            groups = known | rest
        for names, paths in groups.items():
            if paths:
                yield names or ("sha512",), paths


def plan_content(root: Path, inventory: Inventory, algorithms: Sequence[str]) -> ContentPlan:
    """Return the plan for content that is to be hashed with these algorithms."""
    strong = {path: digest for digest, paths in inventory.manifest.items() for path in paths}
    digests: dict[str, Mapping[str, str]] = {**inventory.fixity, "sha512": strong}
    if "blake3" in algorithms:
        fast: dict[str, str] = {}
        for number in inventory.versions:
            fast |= _fast_digests(root, number, strong)
        digests["blake3"] = fast
    return ContentPlan(digests, tuple(algorithms))


def _fast_digests(root: Path, number: int, expected: Mapping[str, str]) -> dict[str, str]:
    """Return the BLAKE3 digests of a version, if their list is what was sealed."""
    path = f"v{number}/content/{FAST_DIGESTS}"
    try:
        data = read_regular(root / path, follow=False)
    except OSError:
        return {}  # told when its own digest is asked for
    if path not in expected or hashlib.sha512(data).hexdigest() != expected[path]:
        return {}
    return {
        full: digest
        for digest, name in parse_digest_list(data.decode())
        if (full := f"v{number}/content/{name}") in expected
    }


def parse_digest_list(text: str) -> Iterator[tuple[str, str]]:
    """Yield digest and path of each line of a list as ``b3sum`` and ``sha256sum`` write it."""
    for match in _LINE.finditer(text):
        yield match[1], match[2]


def check_place(root: Path, inventory: Inventory) -> Iterator[Finding]:
    """Check declaration and place: an object swapped for another is whole in itself."""
    try:
        declared = read_regular(root / OBJECT_DECLARATION, follow=False)
    except OSError as error:
        word = "is missing" if isinstance(error, FileNotFoundError) else f"{error.strerror}"
        refused = isinstance(unreadable(OBJECT_DECLARATION, error), StorageError)
        yield finding(
            "AIP-004" if refused else "AIP-009", OBJECT_DECLARATION, f"{OBJECT_DECLARATION}: {word}"
        )
    else:
        if declared != OBJECT_DECLARED:
            message = f"{OBJECT_DECLARATION} holds {declared[:40]!r}, expected 'ocfl_object_1.1'"
            yield finding("AIP-009", OBJECT_DECLARATION, message)
    expected = object_path(inventory.aip_id)
    place = root.resolve()
    above = place.parents
    if len(above) < LAYERS or not (above[LAYERS - 1] / ROOT_DECLARATION).is_file():
        return  # a copy outside any storage root may lie anywhere
    found = "/".join(place.parts[-LAYERS:])
    if found != expected:
        message = f"{inventory.aip_id} lies at {found}, expected {expected}"
        yield finding("AIP-010", INVENTORY, message)


def check_names(met: Met, inventory: Inventory) -> Iterator[Finding]:
    """Yield what is missing from the object and what lies in it unaccounted for.

    One finding stands for a whole version that has not been finished.
    """
    content = {path for paths in inventory.manifest.values() for path in paths}
    own = set(_own_files(inventory))
    for path in sorted(own & met.kinds.keys()):
        if (kind := met.kinds[path]) != "file":
            yield finding("AIP-012", path, f"{path} is a {kind}, not a file")
    expected = content | own
    strange = [path for path, kind in met.kinds.items() if kind != "directory" and path not in expected]
    yield from _unaccounted(strange, met, inventory.head)
    for folder, reason in met.unread.items():
        yield finding("AIP-004", folder or ".", f"the folder {folder or '.'} cannot be read: {reason}")
    for path in sorted(content - met.kinds.keys()):
        if met.is_known(path):
            yield finding("AIP-002", path, f"{path} is missing")


def _unaccounted(paths: Sequence[str], met: Met, head: int) -> Iterator[Finding]:
    unfinished = f"v{head + 1}"
    coming = [path for path in paths if _is_unfinished(path, path.rpartition("/")[2], unfinished)]
    if coming:
        message = f"{unfinished} is there, the inventory ends with v{head}"
        yield finding("AIP-014", unfinished, message)
    for path in sorted(set(paths) - set(coming)):
        yield finding("AIP-003", path, f"the {met.kinds[path]} {path} is in no inventory")


def _is_unfinished(path: str, name: str, version: str) -> bool:
    """Whether a file belongs to a version that is just coming in, or was when a crash came."""
    return (
        path.startswith(f"{version}/")
        or name.startswith(f"{version}.{INVENTORY}")
        or _TEMPORARY.fullmatch(path) is not None
    )


def _own_files(inventory: Inventory) -> Iterator[str]:
    yield from (OBJECT_DECLARATION, INVENTORY, SIDECAR, AUDITS)
    for number in inventory.versions:
        yield f"v{number}/{INVENTORY}"
        yield f"v{number}/{SIDECAR}"
        yield f"{SIGNATURES}/{signature_name(number)}"
        yield f"{SIGNATURES}/{key_name(number)}"
