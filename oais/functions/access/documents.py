"""The documents of a data set and of a product: which there are, of which kind, and when they are valid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from oais.functions.access.cards import iso_time
from oais.functions.access.decisions import Asker
from oais.functions.access.views import DocumentCard
from oais.information.description import PackageDescription, ProductDescription
from oais.information.identifiers import AipReference
from oais.information.text import printable
from policies.access import Action
from search_index import browsing
from search_index.entries import DocumentEntry
from search_index.index import Index

KINDS: Final = {
    "ug": "User guide",
    "cr": "Calibration report",
    "icd": "Interface control document",
    "tn": "Technical note",
}
"""Kinds of documents by the short names that missions give them; other names stay as they are."""

_SUCCEEDING: Final = frozenset({"ug", "cr", "icd"})
"""Kinds of which a place has one at a time: an edition without an end counts until the next one begins."""

KIND, ABOUT, VERSION, PRODUCED = "document", "about", "version", "produced"
"""The values by which an agreement says what a document is, and when a product was produced."""

_MJD_EPOCH: Final = datetime(1858, 11, 17, tzinfo=UTC)


def documents_of(index: Index, asker: Asker, path: str) -> tuple[DocumentCard, ...]:
    """Return the documents that rest at a place or below it, and those of the mission that are about it."""
    without = asker.branches_denied(Action.READ_METADATA)
    resting = browsing.documents(index, path, without)
    return _cards(asker, _ended((*resting, *_about(index, without, path))))


def valid_documents(
    index: Index, asker: Asker, description: PackageDescription, product: ProductDescription
) -> tuple[DocumentCard, ...]:
    """Return the documents about a product that were valid on the day it was produced."""
    without = asker.branches_denied(Action.READ_METADATA)
    moment = produced_at(description, product)
    about = _ended(_about(index, without, description.node))
    return _cards(asker, (entry for entry in about if _is_valid(entry, moment)))


def produced_at(description: PackageDescription, product: ProductDescription) -> float:
    """Return when a product was produced (MJD, UTC): as it says itself, else when it came in."""
    for text in (product.values.get(PRODUCED), description.values.get(PRODUCED), description.ingested_at):
        try:
            moment = datetime.fromisoformat(str(text))
        except ValueError:
            continue
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        return (moment - _MJD_EPOCH).total_seconds() / 86_400.0
    return 0.0


def _about(index: Index, without: tuple[str, ...], path: str) -> list[DocumentEntry]:
    mission = path.partition("/")[0]
    return [
        entry
        for entry in browsing.documents_apart(index, mission, without)
        if _concerns(entry, mission, path)
    ]


def _concerns(entry: DocumentEntry, mission: str, path: str) -> bool:
    """Return whether a document is about a place: it names the place, or a branch that it lies in."""
    about = _said(entry.values, ABOUT).strip("/").casefold()
    return bool(about) and f"{path}/".startswith(f"{mission}/{about}/")


def _ended(entries: Iterable[DocumentEntry]) -> Iterator[DocumentEntry]:
    """Yield documents, each edition that names its beginning with the end that the next one gives it."""
    known = tuple(entries)
    begun = defaultdict[tuple[str, str], list[float]](list)
    for entry in known:
        if entry.valid_from is not None:
            begun[_subject(entry)].append(entry.valid_from)
    for entry in known:
        subject, since = _subject(entry), entry.valid_from
        later = [moment for moment in begun[subject] if since is not None and moment > since]
        ends = later and entry.valid_to is None and subject[0] in _SUCCEEDING
        yield replace(entry, valid_to=min(later)) if ends else entry


def _subject(entry: DocumentEntry) -> tuple[str, str]:
    return _said(entry.values, KIND).casefold(), _said(entry.values, ABOUT).strip("/").casefold()


def _is_valid(entry: DocumentEntry, moment: float) -> bool:
    begun = entry.valid_from is None or entry.valid_from <= moment
    return begun and (entry.valid_to is None or moment < entry.valid_to)


def _cards(asker: Asker, entries: Iterable[DocumentEntry]) -> tuple[DocumentCard, ...]:
    """Return cards, each document once, of what may be read: by what they are about, kind and version."""
    found = {(entry.aip_id, entry.path): entry for entry in entries}
    asker.prepare((entry.node, entry.aip_id) for entry in found.values())
    cards = [
        _card(entry) for entry in found.values() if asker.may(Action.READ_METADATA, entry.node, entry.aip_id)
    ]
    return tuple(sorted(cards, key=lambda card: (card.about, card.kind, card.valid_from, card.version)))


def _card(entry: DocumentEntry) -> DocumentCard:
    kind = _said(entry.values, KIND)
    name = entry.path.rpartition("/")[2]
    return DocumentCard(
        title=name,
        kind=KINDS.get(kind.casefold(), kind),
        about=_said(entry.values, ABOUT).strip("/"),
        version=_said(entry.values, VERSION) if kind else "",
        reference=str(AipReference(entry.aip_id, entry.version)),
        path=entry.path,
        size=entry.size,
        valid_from=iso_time(entry.valid_from),
        valid_to=iso_time(entry.valid_to),
        holders=entry.holders,
    )


def _said(values: Any, name: str) -> str:
    value = values.get(name)
    return printable(str(value), 120) if isinstance(value, str | int | float) else ""
