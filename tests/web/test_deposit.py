"""Deposit over HTTP on a real socket: tus by the letter, plain PUT, and what goes wrong on the way."""

from __future__ import annotations

import hashlib
import json
import socket
from base64 import b64encode
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from oais.database.deposits import DepositState
from oais.functions.storage import aip_store
from oais.web import uploading
from sip import uploads
from tests.web.depositing import (
    DEPOSITS,
    OCTETS,
    TUS,
    Depository,
    furnish,
    in_base64,
    request_head,
    served,
    statuses,
    tar_of_bag,
)

MEBIBYTE = 1 << 20


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Depository]:
    """A served archive where an account may have two megabytes under way."""
    with served(furnish(tmp_path / "home", quota=2 * MEBIBYTE, uploads_at_once=200)) as opened:
        yield opened


@pytest.fixture
def tar(tmp_path: Path) -> bytes:
    """A sound delivery of half a megabyte."""
    return tar_of_bag(tmp_path, size=MEBIBYTE // 2)


def test_the_protocol_is_announced(site: Depository) -> None:
    """OPTIONS tells version, extensions, checksums and the largest size, to anybody."""
    answer = site.ask("OPTIONS", DEPOSITS, {"Authorization": ""})
    told = {name: value for name, value in answer.headers.items() if name.startswith("tus-")}
    assert (answer.status, told) == (
        204,
        {
            "tus-resumable": "1.0.0",
            "tus-version": "1.0.0",
            "tus-extension": "creation,creation-with-upload,expiration,checksum,termination",
            "tus-max-size": str(site.service.archive.settings.max_delivery_bytes),
            "tus-checksum-algorithm": "sha1,sha256,sha512",
        },
    )


def test_a_delivery_arrives_in_pieces(site: Depository, tar: bytes) -> None:
    """Created, sent in two pieces, asked for in between; ingested by the worker, never in a request."""
    address = site.announce(len(tar))
    assert site.patch(address, 0, tar[:1000]).headers["upload-offset"] == "1000"
    between = site.ask("HEAD", address, TUS)
    assert (between.status, between.body) == (200, b"")
    assert (between.headers["upload-offset"], between.headers["upload-length"]) == ("1000", str(len(tar)))
    assert between.headers["cache-control"] == "no-store"
    assert between.headers["tus-resumable"] == "1.0.0"
    assert parsedate_to_datetime(between.headers["upload-expires"]) > site.service.now()
    last = site.patch(address, 1000, tar[1000:])
    assert (last.status, last.headers["upload-offset"]) == (204, str(len(tar)))
    assert site.ask("GET", address).json()["state"] == "received"
    assert aip_store(site.service.archive).find("deposit.one") is None
    assert site.ingest() == 1
    told = site.ask("GET", address).json()
    assert (told["state"], told["receipt"]["aip_id"]) == ("accepted", "deposit.one")
    assert [item["id"] for item in site.ask("GET", DEPOSITS).json()["deposits"]] == [told["id"]]
    assert site.staged() == []


def test_the_first_bytes_can_come_with_the_creation(site: Depository, tar: bytes) -> None:
    """Creation with upload tells how far it came; a client without PATCH names the method in a header."""
    headers = {**OCTETS, "Upload-Length": str(len(tar)), "Upload-Metadata": f"filename {in_base64('a.tar')}"}
    begun = site.ask("POST", DEPOSITS, headers, tar[:500])
    assert (begun.status, begun.headers["upload-offset"]) == (201, "500")
    override = {**OCTETS, "Upload-Offset": "500", "X-HTTP-Method-Override": "PATCH"}
    assert site.ask("POST", begun.headers["location"], override, tar[500:]).status == 204
    assert site.ingest() == 1


def sums(algorithm: str, data: bytes) -> dict[str, str]:
    digest = b64encode(hashlib.new(algorithm, data).digest()).decode()
    return {"Upload-Checksum": f"{algorithm} {digest}"}


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
def test_a_piece_is_checked(site: Depository, tar: bytes, algorithm: str) -> None:
    """A piece that is not what its checksum says is answered by 460 and not kept; then the right one is."""
    address = site.announce(len(tar))
    wrong = site.patch(address, 0, tar[1:101], **sums(algorithm, tar[:100]))
    assert (wrong.status, wrong.json()["title"], site.offset(address)) == (460, "Checksum Mismatch", 0)
    assert site.patch(address, 0, tar[:100], **sums(algorithm, tar[:100])).status == 204
    assert site.offset(address) == 100


PIECE = {**OCTETS, "Upload-Offset": "0"}
WRONG_PIECES = {
    "no version": (412, {name: value for name, value in PIECE.items() if name != "Tus-Resumable"}),
    "another version": (412, {**PIECE, "Tus-Resumable": "0.2.2"}),
    "behind": (409, {**PIECE, "Upload-Offset": "5"}),
    "no offset": (400, OCTETS),
    "negative": (400, {**PIECE, "Upload-Offset": "-1"}),
    "no number": (400, {**PIECE, "Upload-Offset": "0x0"}),
    "huge number": (400, {**PIECE, "Upload-Offset": "9" * 40}),
    "type": (415, {**PIECE, "Content-Type": "text/plain"}),
    "packed": (415, {**PIECE, "Content-Encoding": "gzip"}),
    "unknown checksum": (400, {**PIECE, "Upload-Checksum": "md5 AAAA"}),
    "no base64": (400, {**PIECE, "Upload-Checksum": "sha1 !!!!"}),
    "short checksum": (400, {**PIECE, "Upload-Checksum": "sha1 AAAA"}),
    "stranger": (404, PIECE),
    "nobody": (401, {**PIECE, "Authorization": ""}),
    "wrong token": (401, {**PIECE, "Authorization": "Bearer oais_wrong"}),
    "other site": (403, {**PIECE, "Origin": "https://evil.example"}),
}


@pytest.mark.parametrize("case", WRONG_PIECES)
def test_a_wrong_piece_changes_nothing(site: Depository, tar: bytes, case: str) -> None:
    """Each has its status and a problem that says what to do; the upload stands where it stood."""
    status, headers = WRONG_PIECES[case]
    address = site.announce(len(tar))
    if case == "stranger":
        headers = {**headers, "Authorization": f"Bearer {site.stranger}"}
    answer = site.ask("PATCH", address, headers, tar[:100])
    assert (answer.status, answer.json()["status"]) == (status, status)
    assert site.offset(address) == 0
    assert [path.stat().st_size for path in site.staged()] == [0]
    if status == 412:
        assert answer.headers["tus-version"] == "1.0.0"


def named(name: str) -> dict[str, str]:
    return {**TUS, "Upload-Length": "10", "Upload-Metadata": f"filename {in_base64(name)}"}


WRONG_CREATIONS = {
    "no version": (412, {"Upload-Length": "10"}),
    "no length": (400, TUS),
    "deferred": (400, {**TUS, "Upload-Defer-Length": "1"}),
    "empty": (400, {**named("a.tar"), "Upload-Length": "0"}),
    "too large": (413, {**named("a.tar"), "Upload-Length": "9" * 17}),
    "above the quota": (413, {**named("a.tar"), "Upload-Length": str(2 * MEBIBYTE + 1)}),
    "no name": (400, {**TUS, "Upload-Length": "10"}),
    "path": (400, named("../a.tar")),
    "suffix": (400, named("a.exe")),
    "control": (400, named("a\n.tar")),
    "no base64": (400, {**named("a.tar"), "Upload-Metadata": "filename ?"}),
    "not UTF-8": (400, {**named("a.tar"), "Upload-Metadata": "filename //8="}),
    "twice": (400, {**named("a.tar"), "Upload-Metadata": f"filename {in_base64('a.tar')}," * 2}),
    "long": (400, {**named("a.tar"), "Upload-Metadata": f"filename {in_base64('a' * 5000)}"}),
    "other agreement": (
        403,
        {**named("a.tar"), "Upload-Metadata": f"filename {in_base64('a.tar')},agreement {in_base64('tess')}"},
    ),
    "nobody": (401, {**named("a.tar"), "Authorization": ""}),
}


@pytest.mark.parametrize("case", WRONG_CREATIONS)
def test_a_wrong_creation_leaves_nothing(site: Depository, case: str) -> None:
    """What cannot become a delivery is refused before anything is made."""
    status, headers = WRONG_CREATIONS[case]
    assert site.ask("POST", DEPOSITS, headers).status == status
    assert list(site.service.archive.uploads.iterdir()) == []
    assert site.ask("GET", DEPOSITS).json() == {"deposits": []}


def test_only_so_many_uploads_are_open_at_a_time(tmp_path: Path, tar: bytes) -> None:
    """One too many is told with a remedy and leaves nothing; withdrawing or finishing one makes room."""
    with served(furnish(tmp_path / "home", uploads_at_once=2)) as site:
        first, second = site.announce(len(tar)), site.announce(100)
        for method, address in (("POST", DEPOSITS), ("PUT", f"{DEPOSITS}/three.tar")):
            headers = named("three.tar") if method == "POST" else {}
            answer = site.ask(method, address, headers, b"" if method == "POST" else b"bytes")
            assert answer.status == 429, answer.body
            assert int(answer.headers["retry-after"]) > 0
            told = answer.json()
            assert told["detail"] == "2 uploads of yours are open, as many as an account may have at a time"
            assert "withdraw one" in told["remedy"]
        assert len(list(site.service.archive.uploads.iterdir())) == 2
        assert site.ask("DELETE", second, TUS).status == 204
        third = site.announce(100)
        assert site.ask("POST", DEPOSITS, named("four.tar")).status == 429
        assert site.patch(first, 0, tar).status == 204
        site.announce(100)
        assert site.offset(third) == 0


def test_more_than_was_announced_is_refused(site: Depository, tar: bytes) -> None:
    """The byte after the last one ends the request, and the upload stands where it stood."""
    address = site.announce(len(tar))
    assert site.patch(address, 0, tar + b"x").status == 400
    assert site.offset(address) == 0
    assert site.patch(address, 0, tar).status == 204


def test_a_withdrawn_upload_is_gone(site: Depository, tar: bytes) -> None:
    """DELETE ends it, 410 says so ever after; of a whole one it is refused, and a stranger sees 404."""
    address = site.announce(len(tar))
    other = {**TUS, "Authorization": f"Bearer {site.stranger}"}
    assert [site.ask(method, address, other).status for method in ("GET", "HEAD", "DELETE")] == [404] * 3
    assert site.ask("DELETE", address, TUS).status == 204
    assert site.staged() == []
    gone = site.ask("HEAD", address, TUS)
    assert (gone.status, "upload-offset" in gone.headers) == (410, False)
    assert site.patch(address, 0, tar).status == 410
    whole = site.announce(len(tar))
    site.patch(whole, 0, tar)
    assert site.ask("DELETE", whole, TUS).status == 403


def test_a_whole_file_is_put(site: Depository, tar: bytes) -> None:
    """PUT takes it at once, answers where its receipt will be, and checks the digest that comes along."""
    digest = b64encode(hashlib.sha256(tar).digest()).decode()
    answer = site.ask("PUT", f"{DEPOSITS}/one.tar", {"Content-Digest": f"sha-256=:{digest}:"}, tar)
    assert (answer.status, answer.json()["state"]) == (201, "received")
    assert site.ingest() == 1
    assert site.ask("GET", answer.headers["location"]).json()["receipt"]["status"] == "accepted"


WRONG_PUTS = {
    "digest": (460, "one.tar", {"Content-Digest": f"sha-512=:{b64encode(bytes(64)).decode()}:"}),
    "malformed digest": (400, "one.tar", {"Repr-Digest": "sha-256=oops"}),
    "short digest": (400, "one.tar", {"Repr-Digest": "sha-256=:AAAA:"}),
    "part": (400, "one.tar", {"Content-Range": "bytes 0-9/100"}),
    "name": (400, "one.exe", {}),
    "nobody": (401, "one.tar", {"Authorization": ""}),
    "packed": (415, "one.tar", {"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("case", WRONG_PUTS)
def test_a_wrong_put_leaves_nothing(site: Depository, tar: bytes, case: str) -> None:
    """What is not what it says, or is only a part, is refused whole."""
    status, name, headers = WRONG_PUTS[case]
    assert site.ask("PUT", f"{DEPOSITS}/{name}", headers, tar).status == status
    assert list(site.service.archive.uploads.iterdir()) == []


def test_a_put_needs_its_length(site: Depository) -> None:
    """A body of unknown length is refused with 411, one whose end is told twice with 400; none is read."""
    chunked = ("Transfer-Encoding: chunked", f"Authorization: Bearer {site.token}")
    for lines, status in ((chunked, 411), ((*chunked, "Content-Length: 5"), 400)):
        with socket.create_connection(site.address, timeout=30) as line:
            line.sendall(request_head(f"PUT {DEPOSITS}/one.tar", *lines) + b"5\r\nhello\r\n0\r\n\r\n")
            assert statuses(line) == [status]
    assert site.staged() == []


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (("Content-Length: 5", "Content-Length: 6"), b"hello"),
        (("Content-Length: -5",), b"hello"),
        (("Content-Length: 0x5",), b"hello"),
        (("Transfer-Encoding: chunked", "Content-Length: 5"), b"5\r\nhello\r\n0\r\n\r\n"),
        (("Transfer-Encoding: chunked",), b"zz\r\nhello\r\n0\r\n\r\n"),
        (("Transfer-Encoding: gzip, chunked",), b"5\r\nhello\r\n0\r\n\r\n"),
    ],
    ids=["two lengths", "negative", "hexadecimal", "two ways", "bad chunk", "packed"],
)
def test_a_body_of_doubtful_length_adds_nothing(
    site: Depository, lines: tuple[str, ...], body: bytes
) -> None:
    """Where the body ends is told once and plainly, or the request is refused and its line closed."""
    address = site.announce(1000)
    more = [f"{name}: {value}" for name, value in PIECE.items()]
    head = request_head(f"PATCH {address}", f"Authorization: Bearer {site.token}", *more, *lines)
    with socket.create_connection(site.address, timeout=30) as line:
        line.sendall(head + body)
        answers = statuses(line)
    assert len(answers) <= 1
    assert set(answers) <= {400, 415, 501}
    assert site.offset(address) == 0


def test_a_put_that_is_cut_leaves_nothing(site: Depository, tar: bytes) -> None:
    """Half a file is no delivery."""
    with socket.create_connection(site.address, timeout=30) as line:
        line.sendall(site.head_of("PUT", f"{DEPOSITS}/one.tar", len(tar)) + tar[:5000])
        line.shutdown(socket.SHUT_WR)
        statuses(line)
    state = ""
    while state != DepositState.WITHDRAWN:
        (told,) = site.ask("GET", DEPOSITS).json()["deposits"] or ({"state": ""},)
        state = told["state"]
    assert site.staged() == []


def test_ten_gigabytes_of_a_stranger_are_not_read(site: Depository) -> None:
    """Who proves nothing is answered before his body: 401 with at most 64 KiB sent, and the line closed."""
    for method in ("PUT", "PATCH"):
        with socket.create_connection(site.address, timeout=30) as line:
            line.sendall(request_head(f"{method} {DEPOSITS}/one.tar", "Content-Length: 10000000000"))
            line.sendall(bytes(64 << 10))
            assert statuses(line) == [401]


def test_a_refusal_at_the_door_speaks_tus_too(site: Depository) -> None:
    """Also who is not let in, or asks in a way that no upload knows, is told the version (tus: core)."""
    nobody = {"Authorization": "Bearer nothing"}
    for method, path, status in (
        ("HEAD", f"{DEPOSITS}/x", 401),
        ("POST", DEPOSITS, 401),
        ("PUT", DEPOSITS, 405),
    ):
        refused = site.ask(method, path, {**TUS, **nobody})
        assert (refused.status, refused.headers.get("tus-resumable")) == (status, "1.0.0")
    assert "tus-resumable" not in site.ask("GET", "/tree").headers


def test_a_body_that_hardly_comes_is_ended(
    site: Depository, tar: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below a kilobyte a second the request ends with 408; what came is kept."""
    monkeypatch.setattr(uploading, "PATIENCE", 0.3)
    address = site.announce(len(tar))
    with socket.create_connection(site.address, timeout=30) as line:
        line.sendall(site.patch_head(address, 0, len(tar)) + tar[:100])
        assert statuses(line) == [408]
    assert site.offset(address) == 100
    monkeypatch.undo()
    assert site.patch(address, 100, tar[100:]).status == 204


def test_a_connection_may_be_lost_anywhere(site: Depository, tar: bytes) -> None:
    """Dropped after every further 64 KiB, the upload never goes back, and goes on where it stands."""
    address, offset, sent = site.announce(len(tar)), 0, 0
    for sent in range(64 << 10, len(tar), 64 << 10):
        if sent <= offset:
            continue
        with socket.create_connection(site.address, timeout=30) as line:
            line.sendall(site.patch_head(address, offset, len(tar) - offset) + tar[offset:sent])
            line.shutdown(socket.SHUT_WR)
            statuses(line)
        before, offset = offset, _settled(site, address)
        assert before <= offset <= sent
    assert site.staged()[0].read_bytes()[:offset] == tar[:offset]
    assert site.patch(address, offset, tar[offset:]).status == 204
    assert site.ingest() == 1
    assert site.ask("GET", address).json()["state"] == "accepted"


def _settled(site: Depository, address: str) -> int:
    """The offset once the request before has let go: an empty piece is taken at it."""
    while True:
        offset = site.offset(address)
        if site.patch(address, offset, b"").status == 204:
            return offset


def test_a_resume_with_other_content_is_refused(site: Depository, tmp_path: Path, tar: bytes) -> None:
    """Bytes of another delivery behind those of the first are whole, but no bag: the receipt says why."""
    other = tar_of_bag(tmp_path, "deposit.two", MEBIBYTE // 2)
    address = site.announce(len(tar))
    site.patch(address, 0, tar[:100_000])
    site.patch(address, 100_000, other[100_000 : len(tar)].replace(b"\x07", b"\x08"))
    assert site.ingest() == 1
    told = site.ask("GET", address).json()
    assert told["state"] == "refused"
    assert all(found["remedy"] for found in told["receipt"]["findings"] if found["severity"] == "error")
    assert aip_store(site.service.archive).find("deposit.one") is None


def test_two_never_write_one_upload(site: Depository, tar: bytes) -> None:
    """While one request writes, another is turned away with 423 and a withdrawal too; the first ends well."""
    address = site.announce(len(tar))
    with socket.create_connection(site.address, timeout=30) as line:
        line.sendall(site.patch_head(address, 0, len(tar)) + tar[:1000])
        status = 0
        while status != 423:  # until the first one has begun
            status = site.patch(address, 1, b"x").status
            assert status in {409, 423}
        assert site.ask("DELETE", address, TUS).status == 423
        line.sendall(tar[1000:])
        assert statuses(line) == [204]
    assert site.patch(address, 0, tar).status == 409
    assert site.ingest() == 1


def test_many_slow_senders_hold_up_nobody(site: Depository) -> None:
    """Two hundred uploads that stand still leave the pages to everybody else."""
    addresses = [site.announce(1000) for _ in range(200)]
    lines = []
    try:
        for address in addresses:
            line = socket.create_connection(site.address, timeout=30)
            lines.append(line)
            line.sendall(site.patch_head(address, 0, 1000) + b"x")
        assert [site.ask("GET", path).status for path in ("/about", "/keys", DEPOSITS)] == [200] * 3
    finally:
        for line in lines:
            line.close()


def test_a_full_disk_is_told_and_nothing_is_half_done(
    site: Depository, tar: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """507 before and while bytes come; when there is room the upload goes on where it stood."""
    address = site.announce(len(tar))
    with monkeypatch.context() as full:
        full.setattr(uploads, "free_bytes", lambda _place: 0)
        assert site.ask("POST", DEPOSITS, named("b.tar")).status == 507
    with monkeypatch.context() as full:
        full.setattr(uploads, "write_all", _no_space)
        assert site.patch(address, 0, tar).status == 507
    assert site.offset(address) == 0
    assert [path.stat().st_size for path in site.staged()] == [0]
    assert site.patch(address, 0, tar).status == 204


def _no_space(descriptor: int, _data: bytes) -> None:
    import errno
    import os

    os.write(descriptor, b"half")
    raise OSError(errno.ENOSPC, "full")


def test_what_happens_is_in_the_log_of_security(site: Depository, tar: bytes) -> None:
    """Begun, received, accepted: each with the account and the deposit, and no token in any line."""
    address = site.announce(len(tar))
    site.patch(address, 0, tar)
    site.ingest()
    text = (site.service.archive.home / "ledger" / "security.jsonl").read_text("utf-8")
    events = [json.loads(line) for line in text.splitlines()]
    subject = address.rpartition("/")[2]
    assert [entry["event"] for entry in events if entry["subject"] == subject] == [
        "deposit.begun",
        "deposit.received",
        "deposit.accepted",
    ]
    assert site.token not in text
