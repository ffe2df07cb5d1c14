"""The dossier: for each requirement the facts that speak for it, computed now, and what does not; signed."""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from oais.archive import Archive
from oais.disk_faults import storage_errors
from oais.errors import WrongUsageError
from oais.files import make_directories, write_durably
from oais.functions.preservation.dossier.facts import Fact, gather
from oais.functions.preservation.dossier.page import dossier_page
from oais.information.software import software_version
from oais.information.text import readable_json

Verdict = Literal["fulfilled", "in part", "not fulfilled", "for people to show"]

JSON = "dossier.json"
PAGE = "dossier.html"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of what auditors ask, in our own words; see ``requirements.toml``."""

    id: str
    words: str
    facts: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    outside: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement with its evidence and how far it is fulfilled by what the archive can show."""

    requirement: Requirement
    evidence: tuple[Fact, ...]

    @property
    def verdict(self) -> Verdict:
        """Whether all, some or none of the evidence holds; without any, people must show it."""
        if not self.evidence:
            return "for people to show"
        held = [fact.holds for fact in self.evidence]
        if not any(held):
            return "not fulfilled"
        return "fulfilled" if all(held) and not self.requirement.outside else "in part"


@dataclass(frozen=True, slots=True)
class Dossier:
    """The rows of one moment; ``key_id`` names the key that signs them."""

    archive: str
    at: str
    software: str
    key_id: str
    rows: tuple[Row, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """How many rows there are of each verdict."""
        return Counter(row.verdict for row in self.rows)

    def as_plain(self) -> dict[str, Any]:
        """Return what JSON shows."""
        rows = [
            {
                **asdict(row.requirement),
                "verdict": row.verdict,
                "evidence": [asdict(fact) for fact in row.evidence],
            }
            for row in self.rows
        ]
        return {
            "schema": "oais-dossier/1", "archive": self.archive, "at": self.at, "software": self.software,
            "key_id": self.key_id, "counts": dict(self.counts), "rows": rows,
        }  # fmt: skip


@cache
def requirements() -> tuple[Requirement, ...]:
    """Return the rows of ``requirements.toml`` in their order."""
    text = resources.files(__package__).joinpath("requirements.toml").read_text("utf-8")
    return tuple(
        Requirement(
            id=row["id"],
            words=row["words"],
            facts=tuple(row.get("facts", ())),
            commands=tuple(row.get("commands", ())),
            documents=tuple(row.get("documents", ())),
            outside=row.get("outside", ""),
        )
        for row in tomllib.loads(text)["row"]
    )


def make_dossier(archive: Archive) -> Dossier:
    """Compute the dossier of this moment; what cannot be computed is told in its row."""
    facts = gather(archive)
    rows = tuple(Row(item, tuple(facts[name] for name in item.facts)) for item in requirements())
    return Dossier(archive.settings.name, archive.now(), software_version(), archive.signer.key_id, rows)


def write_dossier(archive: Archive, dossier: Dossier, folder: Path) -> tuple[Path, ...]:
    """Write page, JSON, both signatures and the public key into a folder; return what was written.

    Raises WrongUsageError for a folder inside the archive, StorageError.
    """
    if folder.resolve().is_relative_to(archive.home):
        raise WrongUsageError(f"{folder} lies inside the archive", remedy="name a folder elsewhere")
    data = readable_json(dossier.as_plain())
    page = dossier_page(dossier.as_plain(), hashlib.sha256(data).hexdigest()).encode()
    files = {JSON: data, PAGE: page, "archive.pub.pem": archive.signer.public_pem}
    files |= {f"{name}.sig": archive.signer.sign(files[name]) for name in (JSON, PAGE)}
    with storage_errors(f"writing the dossier into {folder.name}"):
        make_directories(folder)
        for name, content in files.items():
            write_durably(folder / name, content)
    return tuple(folder / name for name in files)
