"""Time stamps over checkpoints that were published, from an authority that the settings name (RFC 3161).

A checkpoint to be stamped is kept below ``ledger/timestamps`` as it was published; the token lies beside it.
One without a token is owed: the authority was away, and it is asked again at the next occasion.
"""

from __future__ import annotations

import http.client
import math
import secrets
import shlex
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

from oais.archive import Home
from oais.disk_faults import storage_errors
from oais.files import make_directories, read_regular, sync_directory, write_durably
from oais.information.findings import Finding, finding
from oais.information.ledger.timestamps import MOST_BYTES, QUERY, stamp_query, why_no_stamp

TIMESTAMPS: Final = "timestamps"
_NOTE, _TOKEN = ".txt", ".tsr"
_PATIENCE: Final = 20.0

_LOOK_AGAIN: Final = 60.0
"""Seconds after which the worker looks again whether anything is owed."""

_ASK_AGAIN: Final = 3600.0
"""Seconds after which it asks an authority again that did not give what was owed."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """The tokens that came, and why the others did not, by the names of their checkpoints."""

    tokens: tuple[Path, ...]
    owed: dict[str, str]


def stamp_later(home: Home, size: int, note: bytes) -> None:
    """Keep a checkpoint that is published, so that it gets a time stamp; nothing without an authority.

    Raises StorageError.
    """
    path = home.home / "ledger" / TIMESTAMPS / f"{size}{_NOTE}"
    if not home.settings.timestamp_authority or path.exists():
        return
    with storage_errors("keeping the checkpoint to be stamped"):
        for made in make_directories(path.parent):
            sync_directory(made.parent)
        write_durably(path, note)


def stamp_owed(home: Home) -> Stamped:
    """Ask the authority for every token that is owed; one that is away stops nothing. Raises StorageError."""
    tokens, owed = [], {}
    for note in _notes(home):
        token = note.with_suffix(_TOKEN)
        if token.exists() or not home.settings.timestamp_authority:
            continue
        with storage_errors(f"reading {note.name}"):
            data = read_regular(note)
        try:
            nonce = secrets.randbits(62)
            reply = _asked(home.settings.timestamp_authority, stamp_query(data, nonce))
            why = why_no_stamp(reply, data, nonce) or _why_not_proven(home, note, reply)
        except (OSError, ValueError, http.client.HTTPException, subprocess.SubprocessError) as error:
            why = f"the authority cannot be asked: {error}"
        if why:
            owed[note.name] = why
        else:
            write_durably(token, reply)
            tokens.append(token)
    return Stamped(tuple(tokens), owed)


class Stamper:
    """The worker's time stamps: makes up for what is owed, and lets an authority that is away rest a while.

    ``clock`` tells seconds, for tests.
    """

    def __init__(self, home: Home, *, clock: Callable[[], float] = monotonic) -> None:
        self._home, self._clock = home, clock
        self._rests_until = -math.inf

    def stamp_due(self) -> int:
        """Return how many tokens came; what stays owed is told by the ledger's verifying (LED-009)."""
        if self._clock() < self._rests_until:
            return 0
        done = stamp_owed(self._home)
        self._rests_until = self._clock() + (_ASK_AGAIN if done.owed else _LOOK_AGAIN)
        return len(done.tokens)


def _notes(home: Home) -> list[Path]:
    folder = home.home / "ledger" / TIMESTAMPS
    with storage_errors("reading ledger/timestamps"):
        return sorted(folder.glob(f"[0-9]*{_NOTE}"), key=lambda path: (len(path.name), path.name))


def stamps_kept(home: Home) -> tuple[int, int]:
    """Return how many published checkpoints have their time stamp, and how many are owed one."""
    has = [note.with_suffix(_TOKEN).exists() for note in _notes(home)]
    return sum(has), len(has) - sum(has)


def token_of(home: Home, note: bytes, size: int) -> bytes:
    """Return the token over a published checkpoint, empty when it is owed; raises StorageError."""
    path = home.home / "ledger" / TIMESTAMPS / f"{size}{_NOTE}"
    with storage_errors(f"reading {path.name}"):
        known = path.exists() and path.with_suffix(_TOKEN).exists() and read_regular(path) == note
        return read_regular(path.with_suffix(_TOKEN)) if known else b""


def _asked(authority: str, query: bytes) -> bytes:
    """Send a query to an address, or through a command that reads it and writes the reply."""
    if not authority.startswith(("http://", "https://")):
        done = subprocess.run(
            shlex.split(authority), input=query, capture_output=True, timeout=_PATIENCE, check=True
        )
        return done.stdout[: MOST_BYTES + 1]
    parts = urlsplit(authority)
    if parts.scheme == "https":
        context = ssl.create_default_context()
        line: http.client.HTTPConnection = http.client.HTTPSConnection(
            parts.netloc, timeout=_PATIENCE, context=context
        )
    else:
        line = http.client.HTTPConnection(parts.netloc, timeout=_PATIENCE)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        line.request("POST", path, body=query, headers={"Content-Type": QUERY})
        answer = line.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise ValueError(f"it answered {answer.status} {answer.reason}")
        return answer.read(MOST_BYTES + 1)
    finally:
        line.close()


def _why_not_proven(home: Home, note: Path, reply: bytes) -> str:
    """Return what openssl has against a token, by the certificates that the settings name; else nothing."""
    roots = home.settings.timestamp_certificates
    program = shutil.which("openssl")
    if not roots or program is None:
        return ""
    asked = [program, "ts", "-verify", "-data", str(note), "-in", "/dev/stdin"]
    done = subprocess.run(
        [*asked, "-CAfile", str(home.home / roots)], input=reply, capture_output=True, check=False
    )
    if done.returncode == 0:
        return ""
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    reason = next((line.rpartition(":")[2] or line for line in reversed(said)), "no reason given")
    return f"openssl does not find the time stamp good: {reason}"


def verify_stamps(home: Home) -> Iterator[Finding]:
    """Yield the tokens that are not good or not of their checkpoints, and what is owed.

    Raises StorageError.
    """
    for note in _notes(home):
        token = note.with_suffix(_TOKEN)
        place = token.relative_to(home.home).as_posix()
        if not token.exists():
            yield finding("LED-009", place, f"the checkpoint {note.name} was published and has no time stamp")
            continue
        with storage_errors(f"reading {place}"):
            data, reply = read_regular(note), read_regular(token)
        if why := why_no_stamp(reply, data) or _why_not_proven(home, note, reply):
            yield finding("LED-008", place, f"{place}: {why}")
