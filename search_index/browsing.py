"""What pages tell of a place, of the sky and of what was made from what: from the catalogue, no file read.

Each answer is kept until the index changes. All raise StorageError as ``Index`` does; branches ``without``
are those that whoever asks may not know of.
"""

from __future__ import annotations

from oais.information.description import ProvenanceLink
from search_index.catalogue import contents as listed
from search_index.catalogue import lineage
from search_index.catalogue.positions import Positions
from search_index.entries import Content, Covered, DocumentEntry, MadeWith, NearestTypes, SkyMark
from search_index.index import Index
from search_index.view import View


def contents(index: Index, path: str, without: tuple[str, ...]) -> tuple[Content, ...]:
    """Return what rests at a place and below, by kind, level, type and format of the products."""
    key = ("contents", path, without)
    return index.ask(lambda view: view.kept(key, lambda found: listed.contents(found, path, without)))


def coverage(index: Index, path: str, without: tuple[str, ...], within: float = 0.0) -> tuple[Covered, ...]:
    """Return when the data at a place and below were observed, by type of product.

    What follows ``within`` so many seconds is one interval.
    """
    key = ("coverage", path, without, within)

    def ask(view: View) -> tuple[Covered, ...]:
        return view.kept(key, lambda _: listed.coverage(view.moments.spans(path, without), within))

    return index.ask(ask)


def documents(index: Index, path: str, without: tuple[str, ...]) -> tuple[DocumentEntry, ...]:
    """Return the documents at a place and below, each once."""
    key = ("documents", path, without)
    return index.ask(lambda view: view.kept(key, lambda found: listed.documents(found, path, without)))


def documents_apart(index: Index, mission: str, without: tuple[str, ...]) -> tuple[DocumentEntry, ...]:
    """Return the documents of a mission that are packages of their own; ``mission`` is its path."""
    key = ("documents apart", mission, without)
    return index.ask(lambda view: view.kept(key, lambda found: listed.apart(found, mission, without)))


def made_with(index: Index, path: str, without: tuple[str, ...]) -> tuple[MadeWith, ...]:
    """Return the software that headers at a place and below name."""
    key = ("software", path, without)
    return index.ask(lambda view: view.kept(key, lambda found: listed.made_with(found, path, without)))


def sky(index: Index, without: tuple[str, ...], mission: str = "") -> tuple[SkyMark, ...]:
    """Return where the packages look, as marks that stand for one or for many close together."""

    def ask(view: View) -> tuple[SkyMark, ...]:
        positions = view.kept("positions", Positions)
        return view.kept(("sky", without, mission), lambda found: positions.marks(found, without, mission))

    return index.ask(ask)


def density(index: Index, without: tuple[str, ...], mission: str, order: int) -> tuple[tuple[int, int], ...]:
    """Return how many packages lie in each cell of the sky (HEALPix, nested) in which there is any."""

    def ask(view: View) -> tuple[tuple[int, int], ...]:
        positions = view.kept("positions", Positions)
        key = ("density", without, mission, order)
        return view.kept(key, lambda _found: positions.density(without, mission, order))

    return index.ask(ask)


def nearest(index: Index, moment: float, path: str, without: tuple[str, ...]) -> NearestTypes:
    """Return, of each type of product at a place and below, that which is nearest to a moment (MJD).

    An empty ``path`` means everywhere. The times are kept, the answers are not: there are too many moments.
    """

    def ask(view: View) -> NearestTypes:
        moments = view.moments
        with view.catalogue.reading() as connection:
            return view.checked(lambda: moments.nearest(connection, moment, path, without))

    return index.ask(ask)


def made_from(
    index: Index, aip_id: str, version: int, names: tuple[str, ...], without: tuple[str, ...]
) -> tuple[tuple[str, ProvenanceLink], ...]:
    """Return the packages whose headers name a version or its files as what they came from."""
    key = ("made from", aip_id, version, names, without)
    return index.ask(
        lambda view: view.kept(key, lambda found: lineage.made_from(found, aip_id, version, names, without))
    )
