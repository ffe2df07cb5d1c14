"""The digest algorithms of OCFL: their names, the form of their values, and how values compare."""

from __future__ import annotations

import re

from oais.information.fixity import DIGEST_LENGTHS, FileFixity

CONTENT_ALGORITHMS = ("sha512", "sha256")
"""What may address content (OCFL 1.1, section 3.4); the first is the recommended one."""

SIZE = "size"
"""The "digest" of extension 0009 that is the number of bytes in decimal notation."""

_HEX = re.compile(r"[0-9a-fA-F]+")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")

_FORM_CODES = {"sha1": "E029", "sha256": "E030", "sha512": "E031", "blake2b-512": "E032"}


def is_known(algorithm: str) -> bool:
    """Return whether digests of this algorithm can be computed here, so that they are checked."""
    return algorithm == SIZE or algorithm in DIGEST_LENGTHS


def has_form(digest: str, algorithm: str) -> bool:
    """Return whether ``digest`` could be a value of the algorithm; anything could, of an unknown one."""
    if algorithm == SIZE:
        return _DECIMAL.fullmatch(digest) is not None
    length = DIGEST_LENGTHS.get(algorithm)
    return length is None or (len(digest) == length and _HEX.fullmatch(digest) is not None)


def form_code(algorithm: str, otherwise: str) -> str:
    """Return the code for a digest of the wrong form: E029 to E032 where one names the algorithm."""
    return _FORM_CODES.get(algorithm, otherwise)


def form_of(algorithm: str) -> str:
    """Return words for the form that a digest of the algorithm must have."""
    if algorithm == SIZE:
        return "a decimal number of bytes"
    return f"{DIGEST_LENGTHS[algorithm]} hexadecimal digits"


def normalised(digest: str) -> str:
    """Return the digest as it compares: hexadecimal digits are the same in either case."""
    return digest.lower()


def measured(fixity: FileFixity, algorithm: str) -> str:
    """Return what was measured of a file, in the form a digest of ``algorithm`` has."""
    return str(fixity.size) if algorithm == SIZE else fixity.digests[algorithm]
