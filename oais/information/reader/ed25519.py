"""A part of ``verify.py``: Ed25519 signatures checked without any other program."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import tempfile

# -- Ed25519 (RFC 8032): verification alone, so that no other program is needed ------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
PEM = re.compile(b"\\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]+)-----END PUBLIC KEY-----\\s*$")
ALGORITHMS = {  # how the DER of a key of each begins to tell its algorithm (RFC 8410, RFC 9881)
    "ed25519": bytes.fromhex("06032b6570"),
    "ed448": bytes.fromhex("06032b6571"),
    "ml-dsa-44": bytes.fromhex("0609608648016503040311"),
}
SIZES = {"ed25519": 64, "ed448": 114, "ml-dsa-44": 2420}  # bytes of a signature
# The algorithm of each signature met that cannot be checked here:
UNCHECKED = []  # type: list[str]
ABLE = {b"": True}  # what can_check found, by key
SPKI = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: what stands before the 32 bytes of a key


def point(data: bytes) -> "tuple[int, int, int, int] | None":
    """Return the point of 32 bytes in extended coordinates, None for bytes that are no point (5.1.3)."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def plus(one: "tuple[int, ...]", two: "tuple[int, ...]") -> "tuple[int, int, int, int]":
    """Return the sum of two points (5.1.4)."""
    a, b = (one[1] - one[0]) * (two[1] - two[0]), (one[1] + one[0]) * (two[1] + two[0])
    c, d = 2 * one[3] * two[3] * D, 2 * one[2] * two[2]
    e, f, g, h = (b - a) % P, (d - c) % P, (d + c) % P, (b + a) % P
    return e * f % P, g * h % P, f * g % P, e * h % P


def signed_by(pem: bytes, data: bytes, signature: bytes) -> bool:
    """Return whether the key signed the data: S·B − h·A must be R (5.1.7)."""
    if algorithm_of(pem) not in ("", "ed25519"):
        return openssl_says(pem, data, signature)
    key = raw_key(pem)
    start, base = point(key), point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or start is None or base is None or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + data).digest(), "little") % ORDER
    minus = (P - start[0], start[1], 1, P - start[3])
    steps = {1: base, 2: minus, 3: plus(base, minus)}
    total = (0, 1, 1, 0)
    for bit in range(255, -1, -1):
        total = plus(total, total)
        step = (s >> bit & 1) + 2 * (h >> bit & 1)
        total = plus(total, steps[step]) if step else total
    inverse = pow(total[2], P - 2, P)
    x, y = total[0] * inverse % P, total[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


def judged(pems: "list[bytes]", data: bytes, signature: bytes) -> "bool | None":
    """Return whether one of the keys signed the data, None where that cannot be checked here."""
    able = [pem for pem in pems if can_check(pem)]
    if any(signed_by(pem, data, signature) for pem in able):
        return True
    left = [algorithm_of(pem) for pem in pems if pem not in able and fits(pem, signature)]
    UNCHECKED.extend(left[:1])
    return None if left else False


def unchecked_in_words() -> str:
    """Return which signatures could not be checked, and what would check them."""
    names = ", ".join(sorted(set(UNCHECKED)))
    told = f"NOT CHECKED: signatures by {names}, which openssl here does not know"
    return f"{told} (ml-dsa-44 needs OpenSSL 3.5)" if "ml-dsa-44" in UNCHECKED else told


def fits(pem: bytes, signature: bytes) -> bool:
    """Return whether a signature is as long as those of a key are: if not, it is none, whoever looks."""
    return len(signature) == SIZES.get(algorithm_of(pem))


def der_of(pem: bytes) -> bytes:
    """Return what stands in a public key in PEM; empty when it is none."""
    match = PEM.match(pem)
    try:
        return base64.b64decode(match.group(1)) if match else b""
    except ValueError:
        return b""


def algorithm_of(pem: bytes) -> str:
    """Return the algorithm of a public key; empty when it is none that the archive uses."""
    der = der_of(pem)
    return next((name for name in ALGORITHMS if ALGORITHMS[name] in der[:24]), "")


def raw_key(pem: bytes) -> bytes:
    """Return the bytes that name a public key: 32 of an Ed25519 key, else all; empty when it is none."""
    der = der_of(pem)
    if algorithm_of(pem) == "ed25519":
        return der[12:] if der[:12] == SPKI and len(der) == 44 else b""
    return der if algorithm_of(pem) else b""


def openssl_says(pem: bytes, data: bytes, signature: bytes) -> bool:
    """Return whether openssl finds a signature of another algorithm good; without openssl it is not."""
    folder = tempfile.mkdtemp()
    try:
        for name, content in (("key", pem), ("data", data), ("signature", signature)):
            with open(os.path.join(folder, name), "wb") as stream:
                stream.write(content)
        asked = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-in", "data"]
        asked += ["-sigfile", "signature"]
        pipe = subprocess.PIPE
        return subprocess.run(asked, cwd=folder, stdout=pipe, stderr=pipe, check=False).returncode == 0
    except OSError:
        return False
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def can_check(pem: bytes) -> bool:
    """Return whether signatures of a key can be checked here: its algorithm may be too new for openssl."""
    if algorithm_of(pem) in ("", "ed25519"):
        return True
    if pem not in ABLE:
        try:
            asked = ["openssl", "pkey", "-pubin", "-noout"]
            pipe = subprocess.PIPE
            done = subprocess.run(asked, input=pem, stdout=pipe, stderr=pipe, check=False)
            ABLE[pem] = done.returncode == 0
        except OSError:
            ABLE[pem] = False
    return ABLE[pem]
