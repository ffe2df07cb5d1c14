"""What a migration tells of itself: PREMIS events, in the order in which the work was done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from oais.functions.provenance import software_agent
from oais.information.packages import ContentFile
from oais.information.premis import Event, EventType, Outcome
from oais.information.representation.migrating import Proof
from oais.information.representation.pathways import Pathway


class Done(NamedTuple):
    """One piece of work, before it has a number and a moment; ``who`` did it, ``about`` what."""

    kind: EventType
    detail: str
    note: str
    who: str
    about: str
    source: str = ""


def numbered(done: Iterable[Done], name: str, moment: str) -> Iterator[Event]:
    """Yield work as events, called ``name-e0001`` and so on."""
    for number, (kind, detail, note, who, about, source) in enumerate(done, 1):
        sources = (source,) if source else ()
        yield Event(
            f"{name}-e{number:04}", kind, moment, detail, Outcome.SUCCESS, note, (who,), (about,), sources
        )


def work_done(
    way: Pathway, aip_id: str, head: int, made: Sequence[tuple[ContentFile, Proof]], key_id: str
) -> Iterator[Done]:
    """Yield what was done: originals proven, each file made, identified and compared, package made.

    ``head`` is the version that was migrated, ``key_id`` of the key that signs the new one.
    """
    us = software_agent().identifier
    checked = f"sha512 of every file of v{head} that is kept or migrated"
    yield Done(EventType.FIXITY_CHECK, checked, "all as sealed", us, aip_id)
    for file, _ in made:
        assert file.derivation is not None
        detail = f"{way.source} to {way.target}: {way.made}"
        yield Done(EventType.MIGRATION, detail, "", us, file.path, file.derivation.source)
    for file, proof in made:
        tool, reader = f"tool:{proof.format.tool}", f"tool:{proof.reader}"
        yield Done(
            EventType.FORMAT_IDENTIFICATION, proof.format.format_id, proof.format.basis, tool, file.path
        )
        yield Done(EventType.VALIDATION, way.proven, proof.told, reader, file.path)
    yield Done(EventType.INFORMATION_PACKAGE_CREATION, "E-ARK AIP in an OCFL object", "", us, aip_id)
    signed = f"Ed25519 over the inventory, key {key_id}"
    yield Done(EventType.DIGITAL_SIGNATURE_GENERATION, signed, "", us, aip_id)
