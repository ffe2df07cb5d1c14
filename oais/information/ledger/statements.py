"""What an entry of the ledger stands for, and how it is hidden: a salted digest tells nothing by itself."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

Kind = Literal[
    "aip-version",
    "receipt",
    "policies",
    "audit",
    "key",
    "deaccession",
    "trust",
    "renewal",
    "location",
    "repair",
]

KINDS: Final[tuple[str, ...]] = get_args(Kind)
SALT_BYTES: Final = 32
_FORM: Final = re.compile(
    r"oais-ledger-entry/1\n"
    r"at ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)\n"
    rf"kind ({'|'.join(KINDS)})\n"
    r"subject ([!-~]{1,200})\n"
    r"sha512 ([0-9a-f]{128})\n"
    r"(?:files ([0-9a-f]{128})\n)?"
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that the archive stands by: what it is, since when, and the sha512 of its bytes.

    ``files``, of a version only, is the sha512 of its listing.
    """

    at: str
    kind: Kind
    subject: str
    sha512: str
    files: str = ""

    def as_bytes(self) -> bytes:
        """Return the lines that are committed to."""
        files = f"files {self.files}\n" if self.files else ""
        return (
            f"oais-ledger-entry/1\nat {self.at}\nkind {self.kind}\nsubject {self.subject}\n"
            f"sha512 {self.sha512}\n{files}"
        ).encode("ascii")


def parse_statement(text: str) -> Statement:
    """Read the lines of a statement; raises ValueError for anything else."""
    match = _FORM.fullmatch(text)
    if match is None or (match[5] is not None) != (match[2] == "aip-version"):
        raise ValueError("the statement is not written as one")
    kind = next(kind for kind in get_args(Kind) if kind == match[2])
    return Statement(match[1], kind, match[3], match[4], match[5] or "")


def entry_of(salt: bytes, statement: bytes) -> bytes:
    """Return the entry that commits to a statement."""
    return hashlib.sha256(salt + statement).digest()
