"""Published checkpoints get a time stamp from a real authority, made by openssl, behind a real server."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from oais.archive import Archive
from oais.functions.ledger.publishing import publish
from oais.functions.ledger.recording import record
from oais.functions.ledger.stamping import Stamper, stamp_owed
from oais.functions.ledger.verifying import verify_ledger
from oais.information.ledger.statements import Statement
from oais.information.ledger.timestamps import stamp_query, why_no_stamp

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is the authority")

CONFIGURATION = """\
[req]
distinguished_name = name
prompt = no
x509_extensions = stamping
[name]
CN = An authority of the tests
[stamping]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = here
[here]
serial = serial
signer_cert = authority.pem
signer_key = authority.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ordering = yes
tsa_name = no
ess_cert_id_chain = no
"""


def run(folder: Path, line: str) -> None:
    subprocess.run(line.split(), cwd=folder, check=True, capture_output=True)


@dataclass
class Authority:
    """An authority in a folder, asked over HTTP; while it is ``away`` it answers that it is."""

    folder: Path
    away: bool = False
    answer: bytes = b""
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        (self.folder / "ts.cnf").write_text(CONFIGURATION, encoding="ascii")
        (self.folder / "serial").write_text("01\n", encoding="ascii")
        made = "openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -config ts.cnf"
        run(self.folder, f"{made} -keyout authority.key -out authority.pem")

    def reply(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        run(self.folder, "openssl ts -reply -config ts.cnf -queryfile query -out reply")
        return (self.folder / "reply").read_bytes()


class Door(BaseHTTPRequestHandler):
    """Hands a query to the authority of its server."""

    def do_POST(self) -> None:
        authority: Authority = self.server.authority  # type: ignore[attr-defined]
        query = self.rfile.read(int(self.headers["Content-Length"]))
        authority.asked.append(self.headers["Content-Type"])
        self.send_response(503 if authority.away else 200)
        self.end_headers()
        self.wfile.write(b"" if authority.away else authority.answer or authority.reply(query))

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An authority with a key and a certificate of its own."""
    return Authority(tmp_path / "authority")


@pytest.fixture
def stamped(archive: Archive, authority: Authority) -> Iterator[Archive]:
    """An archive that is stamped by it over HTTP."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.authority = authority  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings = replace(
        archive.settings,
        timestamp_authority=f"http://127.0.0.1:{server.server_port}/tsa",
        timestamp_certificates=str(authority.folder / "authority.pem"),
    )
    yield replace(archive, settings=settings)
    server.shutdown()
    thread.join()
    server.server_close()


def codes(archive: Archive) -> list[tuple[str, str]]:
    """What verifying finds."""
    return [(found.code, found.path) for found in verify_ledger(archive)]


def good(authority: Authority, data: Path, token: Path) -> bool:
    """Whether openssl, which knows nothing of the archive, finds a token good."""
    asked = ["openssl", "ts", "-verify", "-data", str(data), "-in", str(token)]
    roots = ["-CAfile", str(authority.folder / "authority.pem")]
    return subprocess.run([*asked, *roots], check=False, capture_output=True).returncode == 0


def test_a_published_checkpoint_gets_its_time(stamped: Archive, authority: Authority, tmp_path: Path) -> None:
    """The token lies beside the checkpoint, in both places, and openssl finds it good."""
    published = publish(stamped, tmp_path / "witness")
    assert published.owed == ""
    token = published.path.with_name(f"{published.path.name}.tsr")
    assert good(authority, published.path, token)
    kept = stamped.home / "ledger" / "timestamps" / "1.tsr"
    assert kept.read_bytes() == token.read_bytes()
    assert authority.asked == ["application/timestamp-query"]
    assert codes(stamped) == []
    publish(stamped, tmp_path / "witness")
    assert len(authority.asked) == 1  # one token for each checkpoint


def test_while_the_authority_is_away_it_is_published_and_the_time_is_owed(
    stamped: Archive, authority: Authority, tmp_path: Path
) -> None:
    """The next occasion makes up for it, in the folder too."""
    authority.away = True
    published = publish(stamped, tmp_path / "witness")
    assert "503" in published.owed
    token = published.path.with_name(f"{published.path.name}.tsr")
    assert published.path.exists()
    assert not token.exists()
    assert codes(stamped) == [("LED-009", "ledger/timestamps/1.tsr")]
    authority.away = False
    record(stamped, stamped.signer, [Statement(stamped.now(), "policies", "x", "0" * 128)])
    later = publish(stamped, tmp_path / "witness")
    assert later.owed == ""
    assert good(authority, published.path, token)
    assert good(authority, later.path, later.path.with_name(f"{later.path.name}.tsr"))
    assert not good(authority, later.path, token)


def test_the_worker_makes_up_for_what_is_owed(stamped: Archive, authority: Authority, tmp_path: Path) -> None:
    """It asks at its first round; an authority that is away rests an hour, and is asked again."""
    authority.away = True
    published = publish(stamped, tmp_path / "witness")
    asked, now = len(authority.asked), 0.0
    stamper = Stamper(stamped, clock=lambda: now)
    assert [stamper.stamp_due(), stamper.stamp_due()] == [0, 0]
    assert len(authority.asked) == asked + 1
    authority.away, now = False, 3599.0
    assert stamper.stamp_due() == 0
    now = 3600.0
    assert stamper.stamp_due() == 1
    assert good(authority, published.path, stamped.home / "ledger" / "timestamps" / "1.tsr")
    assert codes(stamped) == []


def test_an_authority_that_is_not_there_at_all(archive: Archive, tmp_path: Path) -> None:
    """Nobody listens, or the command is none: published, told, owed."""
    for authority in ("http://127.0.0.1:9/tsa", str(tmp_path / "no-such-program"), "false"):
        settings = replace(archive.settings, timestamp_authority=authority)
        published = publish(replace(archive, settings=settings), tmp_path / "witness")
        assert "cannot be asked" in published.owed
        assert published.path.exists()


def test_a_command_serves_as_well(archive: Archive, authority: Authority, tmp_path: Path) -> None:
    """It reads the query and writes the reply."""
    script = authority.folder / "stamp.sh"
    script.write_text(
        f"cd {authority.folder}; cat > query; openssl ts -reply -config ts.cnf -queryfile query -out reply "
        "2>/dev/null; cat reply\n",
        encoding="utf-8",
    )
    settings = replace(archive.settings, timestamp_authority=f"sh {script}")
    assert publish(replace(archive, settings=settings), tmp_path / "witness").owed == ""


def test_answers_that_are_no_time_stamp_are_not_kept(
    stamped: Archive, authority: Authority, tmp_path: Path
) -> None:
    """A page of a proxy, a refusal, a token over other bytes, one that was given before."""
    other = authority.reply(stamp_query(b"other bytes", 7))
    refusal = bytes.fromhex("30053003020102")
    note = (stamped.home / "ledger" / "checkpoint").read_bytes()
    replayed = authority.reply(stamp_query(note, 7))
    for answer, told in (
        (b"<html>sign in</html>", "no time-stamp reply"),
        (b"0" * (1 << 19), "no time-stamp reply"),
        (refusal, "refused it (status 2)"),
        (other, "not over these bytes"),
        (replayed, "another question"),
    ):
        authority.answer = answer
        assert told in publish(stamped, tmp_path / "witness").owed
        assert not list((stamped.home / "ledger" / "timestamps").glob("*.tsr"))
    authority.answer = b""
    assert len(stamp_owed(stamped).tokens) == 1


def test_a_token_that_was_changed_or_is_of_another_authority_is_told(
    stamped: Archive, authority: Authority, tmp_path: Path
) -> None:
    """Each by its path; the digest alone would not show a changed time."""
    publish(stamped, tmp_path / "witness")
    token = stamped.home / "ledger" / "timestamps" / "1.tsr"
    whole = token.read_bytes()
    token.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    assert codes(stamped) == [("LED-008", "ledger/timestamps/1.tsr")]
    token.write_bytes(
        Authority(tmp_path / "stranger").reply(stamp_query(token.with_suffix(".txt").read_bytes(), 3))
    )
    assert codes(stamped) == [("LED-008", "ledger/timestamps/1.tsr")]
    token.write_bytes(whole)
    assert codes(stamped) == []
    token.with_suffix(".txt").write_bytes(b"another checkpoint\n")
    assert codes(stamped) == [("LED-008", "ledger/timestamps/1.tsr")]


def test_the_question_is_the_one_that_openssl_would_ask(tmp_path: Path) -> None:
    """By its own reader: version, digest, nonce and the wish for certificates."""
    (tmp_path / "query").write_bytes(stamp_query(b"data", 0x1234))
    told = subprocess.run(
        ["openssl", "ts", "-query", "-in", "query", "-text"], cwd=tmp_path, check=True, capture_output=True
    ).stdout.decode()
    for line in ("Version: 1", "Hash Algorithm: sha512", "Nonce: 0x1234", "Certificate required: yes"):
        assert line in told
    assert why_no_stamp(b"", b"data")
    for nonce in (-1, 1 << 63):
        with pytest.raises(ValueError, match="63 bits"):
            stamp_query(b"data", nonce)
