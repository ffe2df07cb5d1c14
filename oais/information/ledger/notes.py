"""Checkpoints: size and root of a tree, signed as a note (C2SP signed-note, tlog-checkpoint).

Whatever is not written exactly so is refused, also what other readers would let pass: further lines, other
spellings of a number or of Base64, more signatures than anybody needs.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from oais.information.ledger.merkle import HASH_BYTES
from oais.information.signature import ED25519, Signer, algorithm_of_pem, raw_key_of_pem, verify_signature

_ED25519: Final = b"\x01"
_NAMED: Final = b"\xff"
"""What stands before the name of an algorithm to which signed-note has given no number."""
_KEY_ID_BYTES: Final = 4
_MOST_SIGNATURES: Final = 16
_LONGEST: Final = 1 << 17
_LINE: Final = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_CONTROL: Final = re.compile(rb"[\x00-\x09\x0b-\x1f]")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,17}")


NO_ENDS: Final[Mapping[str, int]] = {}
"""Of keys none of which has ended."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: its name, how many entries it has, and the root over them."""

    origin: str
    size: int
    root: bytes


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """Return the checkpoint as a note signed by one key; the same checkpoint gives the same bytes."""
    text = _text_of(checkpoint)
    return text + b"\n" + _line_of(checkpoint.origin, text, signer)


def sign_again(note: bytes, checkpoint: Checkpoint, signer: Signer) -> bytes:
    """Return a note with one more signature under those that it has; with the key's own already, as it is.

    Raises ValueError when it has as many as are read.
    """
    text, lines = _split(note)
    begin = _key_id(checkpoint.origin, signer.public_pem)
    if any(signature.startswith(begin) for _, signature in lines):
        return note
    if len(lines) >= _MOST_SIGNATURES:
        raise ValueError(f"it has {len(lines)} signatures already")
    return note + _line_of(checkpoint.origin, text, signer)


def _line_of(origin: str, text: bytes, signer: Signer) -> bytes:
    signature = b64encode(_key_id(origin, signer.public_pem) + signer.sign(text)).decode()
    return f"— {origin} {signature}\n".encode()


def open_checkpoint(
    note: bytes, origin: str, keys: Mapping[str, bytes], ends: Mapping[str, int] = NO_ENDS
) -> tuple[Checkpoint, str]:
    """Return a checkpoint and the id of the key that signed it, of the newest when there are several.

    ``keys`` are those that count, PEM by key id, and ``ends`` the sizes of the tree up to which some of them
    do. Raises ValueError saying what is wrong: not a note of this form, another log's, or not signed by such
    a key.
    """
    text, lines = _split(note)
    checkpoint = _checkpoint_in(text, origin)
    known = {_key_id(origin, pem): (key_id, pem) for key_id, pem in _usable(keys)}
    signed_by, ended = "", ""
    for name, signature in lines:
        key_id, pem = known.get(signature[:_KEY_ID_BYTES], ("", b""))
        if name != origin or not key_id:
            continue
        if not verify_signature(pem, text, signature[_KEY_ID_BYTES:]):
            raise ValueError(f"the signature of key {key_id} does not fit")
        if ends.get(key_id, checkpoint.size) >= checkpoint.size:
            signed_by = key_id
        else:
            ended = key_id
    if not signed_by and ended:
        raise ValueError(
            f"key {ended} ended at {ends[ended]} entries, and this is signed over {checkpoint.size}"
        )
    if not signed_by:
        raise ValueError("no key that counts has signed it")
    return checkpoint, signed_by


def _usable(keys: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield the keys that can be read: one damaged file voids no other key."""
    for key_id, pem in keys.items():
        with suppress(ValueError):
            raw_key_of_pem(pem)
            yield key_id, pem


def decoded(text: str, size: int) -> bytes:
    """Return the bytes of a Base64 text in its one right spelling; raises ValueError."""
    try:
        data = b64decode(text, validate=True)
    except (NotBase64, ValueError) as error:
        raise ValueError("what should be Base64 is none") from error
    if len(data) != size or b64encode(data).decode() != text:
        raise ValueError(f"{len(data)} bytes in Base64, expected {size} in their usual spelling")
    return data


def _text_of(checkpoint: Checkpoint) -> bytes:
    return f"{checkpoint.origin}\n{checkpoint.size}\n{b64encode(checkpoint.root).decode()}\n".encode()


def _key_id(name: str, public_pem: bytes) -> bytes:
    """Return what a signature line begins with: it binds name, algorithm and key."""
    algorithm = algorithm_of_pem(public_pem)
    kind = _ED25519 if algorithm == ED25519 else _NAMED + f"oais {algorithm}\n".encode()
    return hashlib.sha256(name.encode() + b"\n" + kind + raw_key_of_pem(public_pem)).digest()[:_KEY_ID_BYTES]


def _split(note: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Return the signed text and the signature lines."""
    if len(note) > _LONGEST:
        raise ValueError(f"{len(note)} bytes are no checkpoint")
    if _CONTROL.search(note):
        raise ValueError("it holds a control character")
    text, blank, tail = note.rpartition(b"\n\n")
    if not blank or not tail.endswith(b"\n"):
        raise ValueError("it has no signature")
    lines = tail.decode("utf-8")[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise ValueError(f"it has {len(lines)} signatures, at most {_MOST_SIGNATURES} are read")
    return text + b"\n", [_signature_in(line) for line in lines]


def _signature_in(line: str) -> tuple[str, bytes]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError("a signature line is not written as one")
    data = b64decode(match[2] + "=" * (-len(match[2]) % 4))
    if len(data) <= _KEY_ID_BYTES or b64encode(data).decode() != match[2]:
        raise ValueError("a signature line is not written as one")
    return match[1], data


def _checkpoint_in(text: bytes, origin: str) -> Checkpoint:
    lines = text.decode("utf-8").split("\n")
    if len(lines) != 4 or lines[3]:
        raise ValueError(f"it has {len(lines) - 1} lines, expected origin, size and root")
    if lines[0] != origin:
        raise ValueError(f"it is of the log {lines[0][:80]!r}, expected {origin!r} as the file origin says")
    if _SIZE.fullmatch(lines[1]) is None:
        raise ValueError(f"{lines[1][:40]!r} is no size of a tree")
    return Checkpoint(origin, int(lines[1]), decoded(lines[2], HASH_BYTES))
