"""Which words stand for a package or a node: its names first, and all else that is said of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from oais.information.description import PackageDescription, ProductDescription
from oais.information.packages import AipRecord
from search_index.nodes import PlannedNode
from search_index.query import is_plain
from search_index.words.terms import terms_of

MOST_TEXTS: Final = 20_000
"""Texts of one package that are indexed; a package holds at most 10,000 files."""


@dataclass(frozen=True, slots=True)
class WordDocument:
    """One findable thing: ``number`` is a package's row number, or a node's with its sign turned."""

    key: str
    number: int
    names: frozenset[str]
    words: frozenset[str]
    digest: str

    @property
    def found(self) -> Found:
        """What the index gives back of it when every list of postings is what it was."""
        terms = [("names", term) for term in self.names] + [
            ("words", term) for term in self.words - self.names
        ]
        total = sum(number_of(field, term.encode(errors="replace")) for field, term in terms)
        return Found(self.number, self.digest, total % _NUMBERS)


@dataclass(frozen=True, slots=True)
class Found:
    """A document as an index holds it: its number, its digest, and the sum over the terms it is found by."""

    number: int
    digest: str
    terms: int


_NUMBERS: Final = 1 << 64


def number_of(field: str, term: bytes) -> int:
    """Return a number below 2^64 that stands for a term of a field in the sum over a document's terms."""
    digest = hashlib.blake2b(b"%s %s" % (field.encode(), term), digest_size=8).digest()
    return int.from_bytes(digest)


def aip_document(number: int, record: AipRecord) -> WordDocument:
    """Return the words of a package, under the row number that the catalogue gave it."""
    description = record.description
    names = _terms(_names(description))
    return _document(aip_key(record.aip_id), number, names, _terms(_words(description)))


def node_document(number: int, node: PlannedNode) -> WordDocument:
    """Return the words of a node; its number is stored with the sign turned."""
    names = _terms((node.title, node.path.rpartition("/")[2]))
    words = _terms((node.path, node.description, node.level, node.mission, node.theme))
    return _document(node_key(node.path), -number, names, words)


def aip_key(aip_id: str) -> str:
    """Return the key of a package's document."""
    return f"aip:{aip_id}"


def node_key(path: str) -> str:
    """Return the key of a node's document."""
    return f"node:{path}"


def _document(key: str, number: int, names: set[str], words: set[str]) -> WordDocument:
    digest = hashlib.sha256()
    for part in (sorted(names), sorted(words)):
        digest.update("\n".join(part).encode(errors="replace") + b"\0")
    return WordDocument(key, number, frozenset(names), frozenset(words), digest.hexdigest())


def _names(description: PackageDescription) -> Iterator[str]:
    yield description.title
    yield description.aip_id
    for product in description.products:
        yield product.obscore.target_name or ""
        yield product.obscore.obs_id or ""
        yield product.path.rpartition("/")[2]


def _words(description: PackageDescription) -> Iterator[str]:
    yield description.summary
    yield description.mission
    yield description.collection
    yield description.node
    yield description.kind
    yield description.level
    yield description.provider
    yield description.publisher
    yield from description.creators
    yield from description.documents
    yield from (text for software in description.software for text in software.values())
    yield from (str(value) for value in description.values.values() if is_plain(value))
    for product in description.products:
        yield from _product_words(product)


def _product_words(product: ProductDescription) -> Iterator[str]:
    core = product.obscore
    yield product.kind
    yield product.level
    yield product.product_type
    yield product.format_name
    yield core.dataproduct_type or ""
    yield core.obs_collection or ""
    yield core.obs_title or ""
    yield core.facility_name or ""
    yield core.instrument_name or ""
    yield core.proposal_id or ""
    yield from (str(value) for value in product.values.values() if is_plain(value))
    yield from (link.value for link in product.provenance if link.role == "reference file")


def _terms(texts: Iterable[str]) -> set[str]:
    """Return the terms of all texts, each text read once."""
    found: set[str] = set()
    seen: set[str] = set()
    for text in texts:
        if text and text not in seen and len(seen) < MOST_TEXTS:
            seen.add(text)
            found |= terms_of(text)
    return found
