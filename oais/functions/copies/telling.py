"""What a repair leaves for ever: a signed PREMIS event beside the ledger, and an entry in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from aip.premis import PremisDocument, PremisObject, write_premis
from oais.archive import Archive
from oais.files import make_directories, storage_errors, write_durably
from oais.functions.ledger.recording import REPAIRS, record_repair
from oais.functions.ledger.unrecorded import marked
from oais.functions.provenance import software_agent
from oais.information.premis import Event, EventType, Outcome


@dataclass(frozen=True, slots=True)
class Mended:
    """A copy that was made anew: where, what it had been, up to which version, and where that lies now."""

    location: str
    was: str
    head: int
    aside: str

    def as_plain(self) -> dict[str, Any]:
        """Return it as ``--json`` shows it."""
        return asdict(self)


def keep_report(archive: Archive, aip_id: str, source: str, done: Sequence[Mended]) -> Path:
    """Write down a repair as a PREMIS event (type recovery), sign it, and add it to the ledger.

    Raises DamageError when the ledger is damaged, StorageError.
    """
    moment = archive.now()
    agent = software_agent()
    event = Event(
        identifier=f"recovery-{moment}",
        kind=EventType.RECOVERY,
        at=moment,
        detail=f"copies made anew from the proven copy at {source}",
        outcome=Outcome.SUCCESS,
        outcome_note="; ".join(map(_in_words, done)),
        agents=(agent.identifier,),
        objects=(aip_id,),
    )
    text = BytesIO()
    about = (PremisObject(aip_id, "intellectualEntity"),)
    write_premis(text, PremisDocument(about, (event,), (agent,)))
    path = archive.home / "ledger" / REPAIRS / f"{moment}.xml"
    with marked(archive):
        with storage_errors("keeping the report of the repair"):
            make_directories(path.parent)
            write_durably(path.with_suffix(".xml.sig"), archive.signer.sign(text.getvalue()))
            write_durably(path, text.getvalue())
        record_repair(archive, path)
    return path


def _in_words(mended: Mended) -> str:
    was = f"{mended.was}, v{mended.head}" if mended.head else mended.was
    kept = f", kept in {mended.aside}" if mended.aside else ""
    return f"{mended.location} was {was}{kept}"
