"""What a repair leaves for ever: a signed PREMIS event beside the ledger, and an entry in it.

It also tells the register of audits, which would call an AIP damaged until the next audit otherwise.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

from aip.audit_log import recorded_audits
from aip.premis import PremisDocument, PremisObject, write_premis
from aip.stored import open_stored
from oais.archive import Archive
from oais.disk_faults import storage_errors
from oais.files import listed, make_directories, read_regular, write_durably
from oais.functions.audit.register import Register, Run
from oais.functions.copies.judging import Copy
from oais.functions.copies.locations import roots
from oais.functions.ledger.recording import REPAIRS, record_repair
from oais.functions.ledger.unrecorded import marked
from oais.functions.provenance import software_agent
from oais.information.premis import Event, EventType, Outcome

_LEVELS: Final = 4
"""How far above an object's folder its location lies: three folders of the digest, and ``aip``."""

_NO_RUN: Final = Run(0, "")


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


def aside_of(name: str, moment: str) -> str:
    """Return where at its location a damaged copy is kept, by the name of its folder and the moment."""
    return f"quarantine/{moment.replace(':', '')}-{name}"


def keep_late_reports(archive: Archive, copies: Sequence[Copy]) -> None:
    """Report what a repair did that ended before it could: the new copy's own log tells of it.

    Raises DamageError when the ledger is damaged, StorageError.
    """
    for copy in copies:
        for line in recorded_audits(copy.root) if copy.proven else ():
            told, moment = line.get("recovery"), line.get("started_at")
            if not isinstance(told, dict) or told.get("to") != copy.location or not isinstance(moment, str):
                continue  # an audit, or the log of another location that was brought here
            aip_id = open_stored(copy.root).aip_id
            if not _is_reported(archive, aip_id, copy.location, moment):
                aside = aside_of(copy.root.name, moment)
                there = (copy.root.parents[_LEVELS] / aside).is_dir()
                done = Mended(copy.location, str(told["was"]), int(told["head"]), aside if there else "")
                keep_report(archive, aip_id, str(told["from"]), [done])


def tell_audits(archive: Archive, copies: Iterable[Copy]) -> None:
    """Note what was read of each copy, every byte of it, as an audit would; it belongs to no run.

    The register is made again when it is lost: that it cannot be written keeps nobody from a repair.
    """
    where = roots(archive)
    for copy in copies:
        if copy.audited is not None:
            with (
                suppress(sqlite3.Error),
                closing(Register(archive, copy.location, where[copy.location])) as known,
            ):
                known.add([copy.root])
                known.note(_NO_RUN, copy.audited)


def _is_reported(archive: Archive, aip_id: str, location: str, moment: str) -> bool:
    """Return whether a report was kept since the moment that tells of this copy; raises StorageError."""
    about, note = escape(aip_id).encode(), f"{location} was ".encode()
    with storage_errors("reading the reports of repairs"):
        for path in listed(archive.home / "ledger" / REPAIRS, ".xml"):
            if path.stem >= moment and about in (data := read_regular(path)) and note in data:
                return True
    return False
