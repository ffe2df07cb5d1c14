"""A checkpoint is believed when it is written exactly so and signed by a key that counts, and never else."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode

import pytest

from oais.information.ledger.notes import Checkpoint, open_checkpoint, sign_checkpoint
from oais.information.signature import create_signer, raw_key_of_pem, verify_signature

ORIGIN = "oais-archive/0123456789abcdef"
SIGNER, OTHER = create_signer(bytes(range(32))), create_signer(bytes(range(1, 33)))
KEYS = {SIGNER.key_id: SIGNER.public_pem}
STATE = Checkpoint(ORIGIN, 7, hashlib.sha256(b"root").digest())
NOTE = sign_checkpoint(STATE, SIGNER)
TEXT, _, LINE = NOTE.decode().rpartition("\n\n")


def line_of(name: str, key_id: bytes, signature: bytes) -> str:
    """A signature line, written from the page of the format."""
    return f"— {name} {b64encode(key_id + signature).decode()}\n"


def note_of(text: str, *, name: str = ORIGIN, copies: int = 1) -> bytes:
    """A note over any text, signed rightly, and not by the code under test."""
    key_id = hashlib.sha256(f"{name}\n".encode() + b"\x01" + raw_key_of_pem(SIGNER.public_pem)).digest()[:4]
    return (f"{text}\n" + line_of(name, key_id, SIGNER.sign(text.encode())) * copies).encode()


def test_a_checkpoint_has_the_bytes_that_the_format_describes() -> None:
    """Origin, size, root; a blank line; em dash, name, and the key's four bytes before the signature."""
    text = f"{ORIGIN}\n7\n{b64encode(STATE.root).decode()}\n"
    assert note_of(text) == NOTE
    assert open_checkpoint(NOTE, ORIGIN, KEYS) == (STATE, SIGNER.key_id)
    signature = b64decode(LINE.split()[2])[4:]
    assert verify_signature(SIGNER.public_pem, text.encode(), signature)


def test_up_to_sixteen_signatures_are_read_and_strangers_passed_over() -> None:
    """A line of a key that is not known says nothing, for nor against, wherever it stands."""
    stranger = line_of("elsewhere.example", b"abcd", b"x" * 64)
    for note in (TEXT + "\n\n" + stranger * 15 + LINE, TEXT + "\n\n" + LINE + stranger * 15):
        assert open_checkpoint(note.encode(), ORIGIN, KEYS)[0] == STATE
    with pytest.raises(ValueError, match="17 signatures"):
        open_checkpoint((TEXT + "\n\n" + LINE + stranger * 16).encode(), ORIGIN, KEYS)


ROOT64 = TEXT.split("\n")[2]
REFUSED: dict[str, bytes] = {
    "another origin": note_of(f"oais-archive/other\n7\n{ROOT64}\n"),
    "another name of the key": note_of(TEXT + "\n", name="oais-archive/other"),
    "an extra line": note_of(f"{TEXT}\nmore\n"),
    "an empty line": note_of(f"{TEXT}\n\n"),
    "a line less": note_of(f"{ORIGIN}\n7\n"),
    "a size with a zero before": note_of(f"{ORIGIN}\n07\n{ROOT64}\n"),
    "a size with a sign": note_of(f"{ORIGIN}\n+7\n{ROOT64}\n"),
    "a size in other digits": note_of(f"{ORIGIN}\n٧\n{ROOT64}\n"),
    "a root that is short": note_of(f"{ORIGIN}\n7\n{b64encode(b'x' * 31).decode()}\n"),
    "a root in other Base64": note_of(f"{ORIGIN}\n7\n{ROOT64[:-2]}{chr(ord(ROOT64[-2]) + 1)}=\n"),
    "a control character": note_of(f"{ORIGIN}\r\n7\n{ROOT64}\n"),
    "no signature": f"{TEXT}\n".encode(),
    "no signature line": f"{TEXT}\n\n".encode(),
    "a line cut off": NOTE[:-1],
    "a hyphen for the dash": NOTE.replace("—".encode(), b"-"),
    "a line that is none": NOTE + b"and so on\n",
    "a stranger's signature": sign_checkpoint(STATE, OTHER),
    "a signature of another state": (TEXT.replace("\n7\n", "\n8\n") + "\n\n" + LINE).encode(),
    "a right and a wrong signature of one key": (
        NOTE + line_of(ORIGIN, b64decode(LINE.split()[2])[:4], b"\0" * 64).encode()
    ),
    "signatures swapped between keys": (
        f"{TEXT}\n\n" + line_of(ORIGIN, b64decode(LINE.split()[2])[:4], OTHER.sign(f"{TEXT}\n".encode()))
    ).encode(),
    "not UTF-8": NOTE + b"\xff\n",
    "very much": NOTE + b"\n" * (1 << 18),
    "nothing": b"",
}


@pytest.mark.parametrize("name", REFUSED)
def test_anything_else_is_refused(name: str) -> None:
    """Whatever is spelled otherwise, says more, or is signed by another, is no checkpoint."""
    with pytest.raises(ValueError, match=r"."):
        open_checkpoint(REFUSED[name], ORIGIN, KEYS)


def test_every_changed_byte_is_refused() -> None:
    """No byte of a signed checkpoint can be another one, whichever."""
    for place in range(len(NOTE)):
        for other in (NOTE[place] ^ 1, NOTE[place] ^ 0x20, 0x0A, 0x00):
            if other != NOTE[place]:
                with pytest.raises(ValueError, match=r"."):
                    open_checkpoint(NOTE[:place] + bytes([other]) + NOTE[place + 1 :], ORIGIN, KEYS)


def test_a_key_that_cannot_be_read_voids_no_other() -> None:
    """Of the trusted keys one may be damaged; those that are whole still count."""
    assert open_checkpoint(NOTE, ORIGIN, {"damaged": b"no key", **KEYS})[0] == STATE
