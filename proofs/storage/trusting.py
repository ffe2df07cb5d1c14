"""The operations upon trust: the signing key is changed, in good order or stolen; evidence is renewed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

from oais.archive import signer_of
from oais.functions.keys.ceremony import Change, create_root_key, prepare, sign
from oais.functions.keys.finishing import finish
from oais.functions.ledger.recording import ledger_of
from oais.functions.ledger.renewing import renew
from oais.information.trust_folder import root_versions
from oais.ledger.log import CHECKPOINTS, kept_checkpoints
from proofs.storage.operation import Operation
from proofs.storage.world import World

_HOLDERS: Final = ("anna", "ben", "cleo")
_PASSPHRASE: Final = "some words that nobody guesses"


def _folder(world: World) -> Path:
    """Return the folder that goes from one holder of a root key to the next."""
    return world.place / "ceremony"


def _signed(world: World, change: Change) -> None:
    """Prepare a list of trusted keys and let two of three sign it."""
    version = prepare(world.archive, change, _folder(world)).version
    for holder in _HOLDERS[:2]:
        sign(_folder(world) / f"root.{version}.json", world.place / f"{holder}.key", _PASSPHRASE)


def _finish(world: World) -> None:
    finish(world.archive, _folder(world))


def _rooting(world: World) -> None:
    for holder in _HOLDERS:
        create_root_key(world.place / f"{holder}.key", _PASSPHRASE)
    _signed(world, Change({holder: world.place / f"{holder}.key.pub" for holder in _HOLDERS}))


def _rooted(world: World) -> None:
    """Give the archive root keys."""
    _rooting(world)
    _finish(world)


def _rotating(world: World) -> None:
    _rooted(world)
    _signed(world, Change({}, new_key="ed25519"))


def _stolen(world: World) -> None:
    """Let the key be believed up to what was kept before the root keys: heads since are signed again."""
    kept = ledger_of(world.archive).head().size
    _rooted(world)
    _signed(world, Change({}, new_key="ed25519", reason="stolen", ends_at=kept))


def _rotated(world: World) -> None:
    """Change the key, so that the heads before are signed by another one than signs now."""
    _rotating(world)
    _finish(world)


def _renew(world: World) -> None:
    renew(world.archive)


def _keys(world: World) -> Counter[str]:
    """Tell which list is in force, which key signs, and how many signatures stand under the heads kept."""
    ledger = ledger_of(world.archive)
    names = [f"{CHECKPOINTS}/{path}" for path in kept_checkpoints(ledger.root)]
    ours = signer_of(world.home)
    told = Counter([f"list {number}" for number in root_versions(world.home)])
    told[f"key {ours.key_id} signs"] += 1
    signed = [(ledger.root / name).read_bytes().count(b"\xe2\x80\x94") for name in names]
    return told + Counter(f"a head with {number} signatures" for number in signed if number > 1)


OPERATIONS: Final = (
    Operation("root keys", _finish, _rooting, _keys),
    Operation("key rotation", _finish, _rotating, _keys),
    Operation("stolen key", _finish, _stolen, _keys),
    Operation("renewal", _renew, _rotated, _keys, again=frozenset({"ledger renewal "})),
)
