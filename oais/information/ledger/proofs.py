"""A proof that one statement stands in the ledger: a file that is checked anywhere, without the archive."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from oais.information.ledger.merkle import HASH_BYTES, leaf_hash, root_by_path
from oais.information.ledger.notes import NO_ENDS, Checkpoint, decoded, open_checkpoint
from oais.information.ledger.statements import SALT_BYTES, Statement, entry_of, parse_statement
from oais.information.signature import key_id_of_pem, plain_pem
from oais.information.text import readable_json

PROOF_SCHEMA: Final = "oais-ledger-proof/1"
_HIGHEST: Final = 64


@dataclass(frozen=True, slots=True)
class Proof:
    """A statement with its salt, its place, the audit path, and the checkpoint to which it leads."""

    statement: Statement
    salt: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    public_key: bytes

    def as_bytes(self) -> bytes:
        """Return the file."""
        return readable_json(
            {
                "schema": PROOF_SCHEMA,
                "statement": self.statement.as_bytes().decode(),
                "salt": b64encode(self.salt).decode(),
                "index": self.index,
                "path": [b64encode(sibling).decode() for sibling in self.path],
                "checkpoint": self.checkpoint.decode(),
                "public_key": self.public_key.decode(),
            }
        )


def parse_proof(data: bytes) -> Proof:
    """Read the file of a proof; raises ValueError when it is not written exactly as ``as_bytes`` does."""
    try:
        plain: dict[str, Any] = json.loads(data)
        proof = Proof(
            statement=parse_statement(plain["statement"]),
            salt=decoded(plain["salt"], SALT_BYTES),
            index=int(plain["index"]),
            path=tuple(decoded(sibling, HASH_BYTES) for sibling in plain["path"][: _HIGHEST + 1]),
            checkpoint=plain["checkpoint"].encode(),
            public_key=plain_pem(plain["public_key"].encode()),
        )
    except (KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError("it is no proof of a ledger") from error
    if proof.as_bytes() != data:
        raise ValueError("it is not written as a proof is: something was added, left out or respelled")
    return proof


def check_proof(
    proof: Proof, trusted: Mapping[str, bytes], origin: str = "", ends: Mapping[str, int] = NO_ENDS
) -> Checkpoint:
    """Follow a proof from its statement to a signature of a trusted key; return the checkpoint it leads to.

    ``trusted`` are public keys, PEM by key id, and ``ends`` the sizes up to which some of them count; without
    ``origin`` any log of theirs will do.
    Raises ValueError saying what does not fit.
    """
    key_id = key_id_of_pem(proof.public_key)
    if key_id not in trusted:
        raise ValueError(f"its key {key_id} is none of those that are trusted")
    named = origin or proof.checkpoint.split(b"\n", 1)[0].decode()
    checkpoint, _ = open_checkpoint(proof.checkpoint, named, {key_id: trusted[key_id]}, ends)
    leaf = leaf_hash(entry_of(proof.salt, proof.statement.as_bytes()))
    if root_by_path(leaf, proof.index, checkpoint.size, proof.path) != checkpoint.root:
        raise ValueError("its path does not lead to the root that was signed")
    return checkpoint
