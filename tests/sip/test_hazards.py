"""Secrets and test viruses in what is to be preserved (rows A22 and A23)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sip.checks.hazards import check_hazards
from tests.sip.bags import PAYLOAD, make_bag, submit

SCANNER_TEST = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-" + b"TEST-FILE!$H+H*"
KEY = b"-----BEGIN " + b"OPENSSH PRIVATE" + b" KEY-----"

BAD: dict[str, tuple[str, bytes, str]] = {
    "A22 private key": ("data/src/id_rsa", b"# key\n" + KEY + b"\nabc\n", "BAG-100"),
    "A22 PKCS 8": ("data/src/server.pem", KEY.replace(b"OPENSSH ", b""), "BAG-100"),
    "A22 cloud key": ("data/src/run.sh", b"export KEY=AKIA" + b"Z" * 16 + b"\n", "BAG-100"),
    "A22 forge token": ("data/src/ci.yml", b"token: ghp_" + b"a1" * 18 + b"\n", "BAG-100"),
    "A22 in a tag file": ("metadata/notes.txt", KEY, "BAG-100"),
    "A23 scanners' test": ("data/x.com", SCANNER_TEST, "BAG-101"),
    "A23 with white space": ("data/x.fits", SCANNER_TEST + b"\r\n", "BAG-101"),
}


@pytest.mark.parametrize("case", BAD)
def test_hazards_are_found(case: str, tmp_path: Path, record_count: Callable[[str, int], None]) -> None:
    """The file is refused by its name, and the secret itself is not repeated."""
    path, data, code = BAD[case]
    submission = submit(make_bag(tmp_path / "bag", PAYLOAD | {path: data}), tmp_path / "custody")
    (found,) = check_hazards(submission)
    assert (found.code, found.path, found.severity) == (code, path, "error")
    assert "AKIA" not in found.message
    assert "ghp_" not in found.message
    record_count("matrix cells", 1)


def test_the_line_is_told(tmp_path: Path) -> None:
    """The finding says on which line to look."""
    payload = PAYLOAD | {"data/config.ini": b"a\nb\n" + KEY}
    submission = submit(make_bag(tmp_path / "bag", payload), tmp_path / "custody")
    assert [found.message for found in check_hazards(submission)] == [
        "line 3 of data/config.ini seems to hold a private key"
    ]


def test_sound_files_have_no_hazard(tmp_path: Path) -> None:
    """Talk of keys, public keys and data files are let be."""
    payload = PAYLOAD | {
        "data/README.md": b"Never commit a PRIVATE KEY, nor AKIA tokens.\n",
        "data/key.pub": b"-----BEGIN PUBLIC KEY-----\n",
        "data/src/a.py": b"AKIA = 'short'\n",
    }
    submission = submit(make_bag(tmp_path / "bag", payload), tmp_path / "custody")
    assert list(check_hazards(submission)) == []


def test_real_software_and_text_have_no_hazard(shared: Path, tmp_path: Path) -> None:
    """No false alarm on the real mission products, their labels and documents."""
    files = sorted(path for path in (shared / "data").rglob("*") if path.is_file())
    small = [path for path in files if path.stat().st_size <= 1 << 20]
    payload = {f"data/{path.relative_to(shared / 'data').as_posix()}": path.read_bytes() for path in small}
    submission = submit(make_bag(tmp_path / "bag", payload), tmp_path / "custody")
    assert len(payload) > 50
    assert list(check_hazards(submission)) == []
