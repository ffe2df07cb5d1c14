"""Time stamps (RFC 3161): what an authority is asked, and whether its answer is about that.

Only as much of the answer is read as tells a refusal and a mix-up; its signature and its certificates are
proven by ``openssl ts -verify``.
"""

from __future__ import annotations

import hashlib
from typing import Final

QUERY: Final = "application/timestamp-query"
REPLY: Final = "application/timestamp-reply"
MOST_BYTES: Final = 1 << 18
_SHA512: Final = bytes.fromhex("0609608648016503040203")
_IMPRINT: Final = _SHA512 + b"\x05\x00"
_SEQUENCE, _INTEGER, _OCTETS, _TRUE = b"\x30", b"\x02", b"\x04", b"\x01\x01\xff"


def _der(tag: bytes, content: bytes) -> bytes:
    """Return a value in DER; all of ours are shorter than 128 bytes, or a SEQUENCE below 256."""
    size = len(content)
    return tag + (bytes([size]) if size < 128 else bytes([0x81, size])) + content


def imprint_of(data: bytes) -> bytes:
    """Return what is stamped instead of the data: its sha512."""
    return hashlib.sha512(data).digest()


def stamp_query(data: bytes, nonce: int) -> bytes:
    """Return the request for a time stamp over data (§2.4.1): with a nonce, and with certificates wanted.

    Raises ValueError for a nonce that is not between 0 and 2**63.
    """
    if not 0 <= nonce < 1 << 63:
        raise ValueError("the nonce is not a number of 63 bits")
    imprint = _der(_SEQUENCE, _der(_SEQUENCE, _IMPRINT) + _der(_OCTETS, imprint_of(data)))
    return _der(_SEQUENCE, _der(_INTEGER, b"\x01") + imprint + _number(nonce) + _TRUE)


def _number(number: int) -> bytes:
    return _der(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def why_no_stamp(reply: bytes, data: bytes, nonce: int | None = None) -> str:
    """Return why an answer is no time stamp over the data, or nothing (§2.4.2).

    With the ``nonce`` of the question it must be the answer to that one.
    """
    if len(reply) > MOST_BYTES or reply[:1] != _SEQUENCE:
        return "the answer is no time-stamp reply"
    status = _status_in(reply)
    if status not in {0, 1}:
        return f"the authority refused it (status {status})" if status >= 0 else "the answer cannot be read"
    if _der(_OCTETS, imprint_of(data)) not in reply:
        return "the time stamp is not over these bytes"
    if nonce is not None and _number(nonce) not in reply:
        return "the answer is to another question"
    return ""


def _status_in(reply: bytes) -> int:
    """Return the number of the PKIStatus, -1 when there is none."""
    try:
        at = _content(reply, 0)
        at = _content(reply, at)
        known = reply[at] == _INTEGER[0] and reply[at + 1] == 1
        return reply[at + 2] if known else -1
    except IndexError:
        return -1


def _content(data: bytes, at: int) -> int:
    """Return where the content of a value begins."""
    length = data[at + 1]
    return at + 2 + (length & 0x7F if length & 0x80 else 0)
