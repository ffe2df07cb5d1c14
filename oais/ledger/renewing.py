"""Heads signed again by another key: before the algorithm of the first falls, or when that key has ended."""

from __future__ import annotations

from oais.disk_faults import storage_errors
from oais.errors import ConfigurationError, DamageError
from oais.files import read_regular, write_durably
from oais.information.ledger.notes import Checkpoint, sign_again
from oais.information.signature import Signer
from oais.ledger.log import CHECKPOINT, CHECKPOINTS, Ledger, kept_checkpoints
from oais.ledger.tiles import number_of
from oais.ledger.verifying import Tree, proven_tree, why_not_of
from oais.locks import exclusive_lock

_REMEDY = "nothing was signed over it; restore ledger/ from a copy first"


def sign_heads_again(ledger: Ledger, signer: Signer, above: int = 0) -> int:
    """Add a signature to every kept head over more than ``above`` entries; return how many got one.

    Each is first proven to be of this ledger's history. Interrupted, it is simply repeated. Raises
    DamageError when the ledger or a head does not hold, ConfigurationError, StorageError.
    """
    with exclusive_lock(ledger.lock, "the ledger"):
        head = ledger.head()
        tree = proven_tree(ledger, head)
        if not isinstance(tree, Tree):
            raise DamageError(tree[0].message, remedy=_REMEDY)
        found = kept_checkpoints(ledger.root)
        names = [f"{CHECKPOINTS}/{path}" for path in found if number_of(path) > above]
        if head.size > above:
            names.append(CHECKPOINT)
        return sum(_sign_one(ledger, tree, name, signer) for name in names)


def _sign_one(ledger: Ledger, tree: Tree, name: str, signer: Signer) -> bool:
    with storage_errors(f"reading ledger/{name}"):
        note = read_regular(ledger.root / name)
    if wrong := why_not_of(ledger, tree, note, "" if name == CHECKPOINT else name):
        raise DamageError(f"ledger/{name}: {wrong}", remedy=_REMEDY)
    size = tree.head.size if name == CHECKPOINT else number_of(name.partition("/")[2])
    try:
        renewed = sign_again(note, Checkpoint(tree.head.origin, size, tree.root(size)), signer)
    except ValueError as error:
        raise ConfigurationError(f"ledger/{name}: {error}") from error
    if renewed == note:
        return False
    write_durably(ledger.root / name, renewed)
    return True
