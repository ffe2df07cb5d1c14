"""Root keys and what they say: ``root.N.json`` names the archive's signing keys and since and until when.

So many root keys as the threshold tells sign each of these files; the next one is signed by the threshold of
the one before and by its own (the idea of The Update Framework, §5.3). Who has the first one, or any, walks
from it to the newest. What was once said of a signing key is only ever narrowed: none is forgotten, none
comes back after its end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from oais.information.signature import algorithm_of_pem, key_id_of_pem, plain_pem, verify_signature
from oais.information.text import readable_json

TRUST_SCHEMA: Final = "oais-trust-root/1"
REASONS: Final = ("", "rotated", "lost", "stolen")
MOST_ROOT_KEYS: Final = 16


@dataclass(frozen=True, slots=True)
class RootKey:
    """A key that signs what is trusted, and who holds it."""

    holder: str
    public_pem: bytes

    @property
    def key_id(self) -> str:
        """Its name."""
        return key_id_of_pem(self.public_pem)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key by which the archive signs; ``ends_at`` is the size of the ledger up to which it counts.

    Of one that is in use it is None.
    """

    public_pem: bytes
    since: str
    ends_at: int | None = None
    reason: str = ""

    @property
    def key_id(self) -> str:
        """Its name."""
        return key_id_of_pem(self.public_pem)


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """One ``root.N.json``."""

    version: int
    made_at: str
    threshold: int
    root_keys: tuple[RootKey, ...]
    signing_keys: tuple[SigningKey, ...]

    def as_bytes(self) -> bytes:
        """Return the file, which is what is signed."""
        return readable_json(
            {
                "schema": TRUST_SCHEMA,
                "version": self.version,
                "made_at": self.made_at,
                "threshold": self.threshold,
                "root_keys": [
                    {
                        "key_id": key.key_id,
                        "holder": key.holder,
                        "algorithm": algorithm_of_pem(key.public_pem),
                        "public_key": key.public_pem.decode(),
                    }
                    for key in self.root_keys
                ],
                "signing_keys": [
                    {
                        "key_id": key.key_id,
                        "role": "archive",
                        "algorithm": algorithm_of_pem(key.public_pem),
                        "public_key": key.public_pem.decode(),
                        "since": key.since,
                        "ends_at": key.ends_at,
                        "reason": key.reason,
                    }
                    for key in self.signing_keys
                ],
            }
        )

    @property
    def keys(self) -> dict[str, bytes]:
        """The signing keys, PEM by key id; also those that have ended, for what they signed before."""
        return {key.key_id: key.public_pem for key in self.signing_keys}

    @property
    def ends(self) -> dict[str, int]:
        """The size of the ledger at which each key that has ended did so."""
        return {key.key_id: key.ends_at for key in self.signing_keys if key.ends_at is not None}

    def signed_by(self, data: bytes, signatures: Mapping[str, bytes]) -> list[RootKey]:
        """Return the root keys of this file whose signatures over ``data`` fit."""
        return [
            key
            for key in self.root_keys
            if verify_signature(key.public_pem, data, signatures.get(key.key_id, b""))
        ]


def parse_root(data: bytes) -> TrustRoot:
    """Read a ``root.N.json``; raises ValueError when it is not written exactly as ``as_bytes`` does."""
    try:
        plain: dict[str, Any] = json.loads(data)
        root = TrustRoot(
            int(plain["version"]),
            plain["made_at"],
            int(plain["threshold"]),
            tuple(
                RootKey(key["holder"], plain_pem(key["public_key"].encode())) for key in plain["root_keys"]
            ),
            tuple(
                SigningKey(plain_pem(key["public_key"].encode()), key["since"], key["ends_at"], key["reason"])
                for key in plain["signing_keys"]
            ),
        )
        same = root.as_bytes() == data
    except (KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError("it is no list of trusted keys") from error
    if not same:
        raise ValueError("it is not written as a list of trusted keys is")
    if wrong := _wrong_in(root):
        raise ValueError(wrong)
    return root


def _wrong_in(root: TrustRoot) -> str:
    ids = {key.key_id for key in root.root_keys}
    if not 1 <= root.threshold <= len(ids) or len(ids) != len(root.root_keys) or len(ids) > MOST_ROOT_KEYS:
        return f"{root.threshold} of {len(root.root_keys)} root keys is no threshold over different keys"
    if root.threshold * 2 <= len(ids) and len(ids) > 1:
        return f"with {root.threshold} of {len(ids)} root keys, two groups could each sign another list"
    if ids & set(root.keys):
        return "a root key is named as signing key too"
    if not root.signing_keys or len(root.keys) != len(root.signing_keys):
        return "it names no signing key, or one of them twice"
    for key in root.signing_keys:
        ended = key.ends_at is not None
        if key.reason not in REASONS or ended != bool(key.reason) or (ended and not _is_size(key.ends_at)):
            return f"what it says of the end of key {key.key_id} cannot be"
    return ""


def _is_size(value: object) -> bool:
    return type(value) is int and 0 <= value < 10**18


def wrong_with(
    root: TrustRoot, data: bytes, signatures: Mapping[str, bytes], before: TrustRoot | None
) -> str:
    """Return why a file does not follow the one ``before``, the first if None; nothing when it does."""
    if root.version != (1 if before is None else before.version + 1):
        return f"it is version {root.version}, expected {1 if before is None else before.version + 1}"
    for whose, judge in (("its own", root), ("the earlier", before)):
        if judge is not None and len(signed := judge.signed_by(data, signatures)) < judge.threshold:
            names = ", ".join(key.holder for key in signed) or "nobody"
            told = f"{judge.threshold} signatures of {whose} root keys are needed, {names} signed"
            wrong = [name for name in signatures if name not in {key.key_id for key in signed}]
            files = ", ".join(f"root.{root.version}.{name}.sig" for name in sorted(wrong))
            return f"{told}; no signature of these keys: {files}" if files else told
    return _widened(root, before) if before is not None else ""


def _widened(root: TrustRoot, before: TrustRoot) -> str:
    """Return what a file takes back that was said before."""
    now = {key.key_id: key for key in root.signing_keys}
    for old in before.signing_keys:
        new = now.get(old.key_id)
        if new is None or new.since != old.since:
            return f"signing key {old.key_id} is not told of as before"
        if old.ends_at is not None and (new.ends_at is None or new.ends_at > old.ends_at):
            return f"signing key {old.key_id} ended at {old.ends_at} entries and comes back"
    return ""


def walk_roots(files: Sequence[tuple[bytes, Mapping[str, bytes]]]) -> TrustRoot:
    """Walk from the first file to the last, each with its signatures by key id; return the last.

    Raises ValueError naming the file that does not follow.
    """
    before: TrustRoot | None = None
    for number, (data, signatures) in enumerate(files, 1):
        try:
            root = parse_root(data)
            wrong = wrong_with(root, data, signatures, before)
        except ValueError as error:
            wrong = str(error)
        if wrong:
            raise ValueError(f"trust/root.{number}.json: {wrong}")
        before = root
    if before is None:
        raise ValueError("trust/root.1.json is missing")
    return before
