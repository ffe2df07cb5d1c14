"""What must not be preserved unseen: secrets left in source or configuration, and the scanners' test file.

What is preserved is kept for ever and shown to many, so a key or a token in it would be lost for good.
The value itself is never told: the finding names the file, the line and the kind of secret only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from oais.information.findings import Finding, finding, under_intake_profile
from oais.information.packages import Submission
from sip.bag.opening import read_at_most

LARGEST_READ: Final = 1 << 20
"""Bytes up to which a text file is searched; data files are not opened."""

_TEST_FILE_SIZES = range(68, 129)  # EICAR allows white space after its 68 bytes, up to 128 in all
_TEST_FILE_START = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-"  # apart, so that we hold none

_TEXT_SUFFIX = re.compile(
    r"\.(?:c|cfg|com|conf|cpp|csh|env|f|f90|for|h|hpp|ini|ipynb|java|jl|js|json|key|lua|m|md|pem|pl|ppk|pro"
    r"|properties|ps1|py|r|rb|rst|sh|sql|tcl|tf|toml|txt|xml|yaml|yml)",
    re.IGNORECASE,
)
_SECRETS = {
    "a private key": rb"-----BEGIN (?:[A-Z0-9]{2,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----",
    "a cloud access key": rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a forge token": rb"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,}|glpat-[\w-]{20})",
    "a package index token": rb"\bpypi-AgE[\w-]{50,}",
    "a chat token": rb"\bxox[abprs]-[0-9A-Za-z-]{10,}",
}
_ANY_SECRET = re.compile(b"|".join(b"(%s)" % pattern for pattern in _SECRETS.values()))


def check_hazards(submission: Submission) -> Iterator[Finding]:
    """Yield a finding for each small text file with a secret, and for the scanners' test file."""
    for path, fixity in sorted(submission.files.items()):
        if fixity.problem:
            continue  # it could not be read at receipt, and that is said already
        if fixity.size in _TEST_FILE_SIZES or (fixity.size <= LARGEST_READ and _may_be_text(path)):
            yield from _hazards_in(path, read_at_most(submission.bag / path, LARGEST_READ))


def _may_be_text(path: str) -> bool:
    suffix = PurePosixPath(path).suffix
    return not suffix or _TEXT_SUFFIX.fullmatch(suffix) is not None


def _hazards_in(path: str, data: bytes) -> Iterator[Finding]:
    if data.startswith(_TEST_FILE_START):
        yield _found("BAG-101", path, f"{path} is the test file of virus scanners")
    match = _ANY_SECRET.search(data)
    if match is not None and match.lastindex is not None:
        kind = tuple(_SECRETS)[match.lastindex - 1]
        line = data.count(b"\n", 0, match.start()) + 1
        yield _found("BAG-100", path, f"line {line} of {path} seems to hold {kind}")


def _found(code: str, path: str, message: str) -> Finding:
    return under_intake_profile(finding(code, path, message))
