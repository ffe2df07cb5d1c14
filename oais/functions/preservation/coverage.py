"""How far an AIP explains itself: could a stranger read it in decades with only what is inside?

The rule is a list of parts of Representation Information (ISO 14721 §4.2.1.3), each present, missing, or not
needed; the score is the share of the needed parts that are there. It counts what lies in the package or in
an AIP that it names, never what somebody might look up.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from typing import Any, Literal, NamedTuple

from aip.reading import read_description
from aip.stored import StoredAip
from oais.archive import Archive
from oais.errors import ArchiveError
from oais.functions.storage import aip_store
from oais.information.description import PackageDescription, ProductDescription
from oais.information.representation.identification import known_formats
from oais.information.representation.reading import read_inspection

State = Literal["present", "missing", "not needed", "not looked at"]

MOST_OPENED = 20
"""Products of one AIP whose columns are looked at, one of each type and format first."""

_MANIFEST = re.compile(r"metadata/other/sip/manifest-[a-z0-9]+\.txt")
_OURS = frozenset({"documentation/about-this-package.txt"})
UNKNOWN = frozenset({"oais/unknown", "UNKNOWN", ""})
"""What identification says of a file whose format it does not know; at first, nothing at all."""

_TEXTS = frozenset({"document", "software"})


class Judged(NamedTuple):
    """What a rule says of its part; ``Part`` has the same with the name of the part before it."""

    state: State
    found: str
    remedy: str = ""


_Rule = Callable[[PackageDescription, Mapping[str, str]], Judged]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what a stranger needs: whether it is there, what was found, and what to do if not."""

    name: str
    state: State
    found: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the newest version of an AIP explains itself; ``score`` from 0 to 1."""

    aip_id: str
    version: int
    node: str
    parts: tuple[Part, ...]

    @property
    def score(self) -> float:
        """The share of the parts needed that are there."""
        needed = [part for part in self.parts if part.state in {"present", "missing"}]
        return sum(part.state == "present" for part in needed) / len(needed) if needed else 0.0

    @property
    def missing(self) -> tuple[Part, ...]:
        """What is not there."""
        return tuple(part for part in self.parts if part.state == "missing")

    def as_plain(self) -> dict[str, Any]:
        """Return what JSON shows."""
        return {**asdict(self), "score": round(self.score, 4)}


@dataclass(frozen=True, slots=True)
class DataSetCoverage:
    """The AIPs of one place of the tree: how many, their mean score, and how often each part is missing."""

    node: str
    aips: int
    score: float
    missing: Mapping[str, int]
    unread: tuple[str, ...] = ()


def coverage_of(stored: StoredAip, *, deep: bool = True) -> Coverage:
    """Judge the newest version of an AIP; the columns of its tables only where it is ``deep``.

    Raises DamageError or StorageError when it cannot be read.
    """
    description = read_description(stored)
    state = stored.inventory.versions[stored.head].state
    rules: dict[str, _Rule] = {
        "formats identified": _identified,
        "format specifications": _specified,
        "documents that explain the data": _explained,
        "software source": _software,
        "how to run the software": _run,
        "units and columns described": partial(_columns, stored) if deep else _columns_unseen,
        "checksums of the provider": _checked,
        "what it is and whose": _described,
        "inputs and reference files": _resolved,
    }
    parts = tuple(Part(name, *rule(description, state)) for name, rule in rules.items())
    return Coverage(stored.aip_id, stored.head, description.node, parts)


def coverage_by_data_set(archive: Archive, node: str = "") -> Iterator[DataSetCoverage]:
    """Yield the coverage of each place where AIPs rest, at ``node`` and below; no product is opened."""
    found: dict[str, list[Coverage]] = defaultdict(list)
    unread: dict[str, list[str]] = defaultdict(list)
    for stored in aip_store(archive).objects():
        try:
            judged = coverage_of(stored, deep=False)
        except ArchiveError:
            unread[""].append(stored.aip_id)
            continue
        if not node or judged.node == node or judged.node.startswith(f"{node}/"):
            found[judged.node].append(judged)
    for place, judged_there in sorted(found.items()):
        names: dict[str, int] = defaultdict(int)
        for one in judged_there:
            for part in one.missing:
                names[part.name] += 1
        score = sum(one.score for one in judged_there) / len(judged_there)
        yield DataSetCoverage(place, len(judged_there), score, dict(names))
    if unread:
        yield DataSetCoverage("", 0, 0.0, {}, tuple(unread[""]))


def _data(description: PackageDescription) -> list[ProductDescription]:
    return [item for item in description.products if item.kind not in _TEXTS]


def _named_as(role: str, description: PackageDescription) -> list[str]:
    """Return the AIPs here that products name in a role."""
    links = (link for item in description.products for link in item.provenance)
    return sorted({link.target for link in links if link.role == role and link.target})


def _identified(description: PackageDescription, _state: Mapping[str, str]) -> Judged:
    """Every file is of a format that has a name."""
    strange = [item.path for item in description.products if item.format_id in UNKNOWN]
    count = len(description.products)
    if strange:
        found = f"{len(strange)} of {count} files are of no known format, first {strange[0]}"
        return Judged("missing", found, "ask the provider what they are, deliver that as a document")
    return Judged("present", f"all {count} files")


def _specified(description: PackageDescription, _state: Mapping[str, str]) -> Judged:
    """Every format has a specification that is named in the register, or PRONOM's own."""
    formats = {item.format_id for item in description.products} - UNKNOWN
    known = known_formats()
    without = sorted(
        name for name in formats
        if not (known[name].specification if name in known else "fmt/" in name)
    )  # fmt: skip
    if without:
        return Judged("missing", ", ".join(without), "name the specification in the register of formats")
    return Judged("present", f"a reference for each of {len(formats)} formats")


def _explained(description: PackageDescription, state: Mapping[str, str]) -> Judged:
    """A document that explains the data lies in the package, or in an AIP that it names."""
    if not _data(description):
        return Judged("not needed", "there are no data")
    inside = [path for path in state if path.startswith("documentation/") and path not in _OURS]
    named = _named_as("document", description)
    if inside or named:
        found = ", ".join([*(path.rpartition("/")[2] for path in inside[:3]), *named[:3]])
        return Judged("present", found)
    remedy = (
        "deliver the user guide, ICD or schema below documents/, or as an AIP of its own that headers name"
    )
    return Judged("missing", "none inside and none named", remedy)


def _software(description: PackageDescription, _state: Mapping[str, str]) -> Judged:
    """The source of software that reads or made the data is kept here."""
    if not _data(description):
        return Judged("not needed", "there are no data")
    named = _named_as("software", description)
    inside = [str(item.get("name", "")) for item in description.software]
    if inside or named:
        return Judged("present", ", ".join([*inside, *named][:3]))
    remedy = "deliver the pipeline's or a reader's source below software/, or as an AIP that headers name"
    return Judged("missing", "none inside and none named", remedy)


def _run(description: PackageDescription, _state: Mapping[str, str]) -> Judged:
    """Whoever finds the software learns how to run it."""
    if not description.software:
        return Judged("not needed", "there is no software inside")
    silent = [str(item.get("name")) for item in description.software if not item.get("how_to_run")]
    if silent:
        return Judged("missing", ", ".join(silent), "add a README, or how_to_run in submission.yaml")
    return Judged("present", f"told for {len(description.software)}")


def _columns_unseen(_description: PackageDescription, _state: Mapping[str, str]) -> Judged:
    return Judged("not looked at", "only asked of a single AIP")


def _columns(stored: StoredAip, description: PackageDescription, _state: Mapping[str, str]) -> Judged:
    """Every column of the tables looked at has a unit or a description."""
    bare, seen, tables = [], 0, 0
    for product in islice(_one_of_each(_data(description)), MOST_OPENED):
        inspection = read_inspection(stored.open().file(product.path).path, product.path)
        for unit in inspection.structure:
            columns = unit.get("columns") or ()
            tables += bool(columns)
            for column in columns:
                seen += 1
                if not (column.get("unit") or column.get("description")):
                    bare.append(f"{column.get('name')} of {product.path.rpartition('/')[2]}")
    if not seen:
        return Judged("not needed", "no table whose columns we can read")
    if bare:
        found = f"{len(bare)} of {seen} columns have neither unit nor description, first {bare[0]}"
        remedy = "describe them in the header, or in a document beside the data"
        return Judged("missing", found, remedy)
    return Judged("present", f"{seen} columns of {tables} tables")


def _one_of_each(products: list[ProductDescription]) -> Iterator[ProductDescription]:
    """Yield the first product of each type and format."""
    seen = set()
    for product in products:
        if (kind := (product.product_type, product.format_id)) not in seen:
            seen.add(kind)
            yield product


def _checked(_description: PackageDescription, state: Mapping[str, str]) -> Judged:
    """The provider's own digests are kept beside ours."""
    found = sorted(path.rpartition("/")[2] for path in state if _MANIFEST.fullmatch(path))
    if found:
        return Judged("present", ", ".join(found))
    return Judged("missing", "no manifest of the delivery", "deliver as a bag with manifests")


def _described(description: PackageDescription, _state: Mapping[str, str]) -> Judged:
    """What it is, by whom, and what one may do with it, is said."""
    facts = {
        "title": description.title, "creators": description.creators, "licence": description.licence,
        "summary": description.summary, "mission": description.mission,
    }  # fmt: skip
    without = [name for name, value in facts.items() if not value]
    if without:
        return Judged(
            "missing", f"no {', no '.join(without)}", "name it in the agreement or in submission.yaml"
        )
    return Judged("present", ", ".join(facts))


def _resolved(description: PackageDescription, _state: Mapping[str, str]) -> Judged:
    """What the headers name as input or reference file is kept here too."""
    named = {link.value or link.name: link.target for item in description.products for link in item.provenance
             if link.role in {"reference file", "input"}}  # fmt: skip
    lost = sorted(name for name, target in named.items() if not target)
    if not named:
        return Judged("not needed", "the headers name none")
    if lost:
        found = f"{len(lost)} of {len(named)} are not here, first {lost[0]}"
        return Judged("missing", found, "deliver them as calibration products")
    return Judged("present", f"all {len(named)}")
