"""What an adversary does to a site on a real socket, and to the files behind it while it is served."""

from __future__ import annotations

import gc
import logging
import os
import select
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient

from aip.stored import AUDITS
from oais.archive import Archive
from oais.web.app import create_app
from oais.web.connections import PromptProtocol
from oais.web.downloads import content_disposition
from oais.web.serving import server_config
from tests.web.conftest import CURVE_PATH, CURVE_URL, LIGHT_CURVE, PIXELS, client_of

HOST = b"Host: localhost\r\n"
CLOSE = b"Connection: close\r\n\r\n"
GET = b"GET /about HTTP/1.1\r\n" + HOST


class _Hasty(PromptProtocol):
    slowest_head = 0.3
    slowest_reader = 0.3


class _Narrow(PromptProtocol):
    room = 4


@contextmanager
def served(
    archive: Archive, protocol: type[PromptProtocol], host: str = "127.0.0.1"
) -> Iterator[tuple[str, int]]:
    """The site as it is served, but with another protocol, small buffers and no patience at its end."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, 0), family=family, dualstack_ipv6=":" in host)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    config = server_config(create_app(archive), protocol)
    config.timeout_graceful_shutdown = 0
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield "127.0.0.1", listening.getsockname()[1]
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture(scope="module")
def address(archive: Archive) -> Iterator[tuple[str, int]]:
    """The site in more of a hurry."""
    with served(archive, _Hasty) as place:
        yield place


def converse(address: tuple[str, int], data: bytes) -> list[int]:
    """Send bytes and read to the end of the connection: the statuses of the answers."""
    with socket.create_connection(address, timeout=30) as line:
        line.sendall(data)
        answer = b"".join(iter(lambda: line.recv(1 << 16), b""))
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


SMUGGLED = b"GET /tree HTTP/1.1\r\n" + HOST + CLOSE


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 5\r\n\r\nhello",
        b"Content-Length: 99999999999\r\n\r\n",
    ],
)
def test_nothing_behind_a_body_is_answered(address: tuple[str, int], head: bytes) -> None:
    """A body is refused and ends the connection, so no two servers can disagree where it ended."""
    assert converse(address, GET + head + SMUGGLED) == [400]


def test_a_method_that_sends_is_refused_unread(address: tuple[str, int]) -> None:
    """A POST gets its 405 at once, and the connection ends."""
    assert converse(address, b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\n") == [405]


@pytest.mark.parametrize(
    "line",
    [b"OPTIONS *", b"GET *", b"GET about", b"GET ..", b"GET ?x", b"GET http:", b"CONNECT localhost:80"],
)
def test_a_target_that_is_no_path_is_wrong_usage(address: tuple[str, int], line: bytes) -> None:
    """Forms of a request's target that only proxies know are 400, not a defect of ours."""
    assert converse(address, line + b" HTTP/1.1\r\n" + HOST + CLOSE) == [400]


@pytest.mark.parametrize("begun", [b"", b"GET /about HTTP/1.1\r\nHo", b"GET /\r\n"])
def test_a_head_that_never_ends_is_hung_up_on(address: tuple[str, int], begun: bytes) -> None:
    """Neither silence nor half a head holds a connection; also not behind an answered request."""
    assert converse(address, begun) == []
    assert converse(address, GET + b"\r\n" + begun) == [200]


def test_whole_heads_are_not_hung_up_on(address: tuple[str, int]) -> None:
    """Many requests on one connection are all answered."""
    assert converse(address, (GET + b"\r\n") * 50 + GET + CLOSE) == [200] * 51


def test_who_reads_does_not_wait_behind_those_who_bring(archive: Archive) -> None:
    """Of a crowd that posts and one who asks after them, he is answered before most of the crowd is."""
    posting = b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n" + CLOSE
    with ExitStack() as stack:
        place = stack.enter_context(served(archive, PromptProtocol))
        crowd = [stack.enter_context(socket.create_connection(place, timeout=30)) for _ in range(60)]
        for line in crowd:
            line.sendall(posting)
        assert converse(place, GET + CLOSE) == [200]
        answered, _, _ = select.select(crowd, [], [], 0)
        assert len(answered) < len(crowd) / 2
        statuses = [line.recv(1 << 16)[9:12] for line in crowd]
    assert len(statuses) == 60
    assert b"" not in statuses


def test_who_hangs_up_in_the_line_holds_up_nobody(archive: Archive) -> None:
    """The others behind him are let in."""
    posting = b"POST / HTTP/1.1\r\n" + HOST + CLOSE
    with ExitStack() as stack:
        place = stack.enter_context(served(archive, PromptProtocol))
        crowd = [stack.enter_context(socket.create_connection(place, timeout=30)) for _ in range(20)]
        for line in crowd:
            line.sendall(posting)
        for line in crowd[5:15]:
            line.close()
        assert [line.recv(1 << 16)[9:12] for line in crowd[:5] + crowd[15:]] == [b"405"] * 10


PIXELS_GET = f"GET /api/v1/package?pick={PIXELS} HTTP/1.1\r\n".encode() + HOST + b"\r\n"


def test_a_reader_that_never_reads_is_hung_up_on(address: tuple[str, int]) -> None:
    """Who asks for more than lies on the way and takes none of it does not keep connection and file."""
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(address)
        line.sendall(PIXELS_GET)
        ended = select.poll()
        ended.register(line, 0)  # an end is told unasked
        assert ended.poll(30_000)


def test_a_slow_reader_does_not_keep_the_site_from_ending(
    archive: Archive, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """An answer that nobody reads is broken off, and the log says so in one line without a traceback."""
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with served(archive, PromptProtocol) as place:
            line.connect(place)
            line.sendall(PIXELS_GET)
            assert line.recv(12) == b"HTTP/1.1 200"
    assert "an answer was broken off: the site ends" in caplog.messages
    assert "Traceback" not in caplog.text + capfd.readouterr().err


def test_in_a_crowd_who_lets_us_wait_longest_has_to_go(archive: Archive) -> None:
    """Silent connections, as many as there is room for and more, keep nobody from being answered."""
    with served(archive, _Narrow) as place, ExitStack() as lines:
        silent = [lines.enter_context(socket.create_connection(place)) for _ in range(_Narrow.room)]
        for _ in range(3):
            assert converse(place, GET + CLOSE) == [200]
        silent[0].settimeout(30)
        with pytest.raises(ConnectionResetError):
            silent[0].recv(1)
        silent[-1].sendall(GET + CLOSE)
        assert silent[-1].recv(12) == b"HTTP/1.1 200"


def test_one_who_is_being_answered_stays_in_a_crowd(archive: Archive) -> None:
    """Who waits for us, while the body of his request is still to come, is not the one who has to go."""
    form = b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Type: application/x-www-form-urlencoded\r\n"
    with served(archive, _Narrow) as place, ExitStack() as lines:
        waiting = lines.enter_context(socket.create_connection(place))
        waiting.sendall(form + b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        assert waiting.recv(25).startswith(b"HTTP/1.1 100")
        for _ in range(_Narrow.room + 2):
            lines.enter_context(socket.create_connection(place))
        assert converse(place, GET + CLOSE) == [200]
        waiting.sendall(b"a=bc")
        assert waiting.recv(12) == b"HTTP/1.1 403"


def guess(place: tuple[str, int], *forwarded: bytes) -> int:
    """The status of an answer to a wrong credential, with what the request says of where it comes from."""
    told = b"".join(b"X-Forwarded-For: " + address + b"\r\n" for address in forwarded)
    (status,) = converse(
        place, b"GET /me HTTP/1.1\r\n" + HOST + b"Authorization: Bearer none\r\n" + told + CLOSE
    )
    return status


def guarded(archive: Archive, home: Path, **settings: Any) -> Archive:
    """A copy of the archive that takes two guesses from one place."""
    shutil.copytree(archive.home, home)
    settings = {"logins_per_minute": 2, **settings}
    return replace(archive, home=home, settings=replace(archive.settings, **settings))


@pytest.mark.parametrize("host", ["127.0.0.1", "::"])
def test_nobody_is_believed_who_tells_another_address(archive: Archive, tmp_path: Path, host: str) -> None:
    """Guesses are counted by the address of the connection, whatever the request says; also from here."""
    with served(guarded(archive, tmp_path / "home"), PromptProtocol, host) as place:
        assert [guess(place, b"192.0.%d.1" % number) for number in range(4)] == [401, 401, 429, 429]


@pytest.mark.parametrize("host", ["127.0.0.1", "::"])
def test_of_what_a_trusted_proxy_tells_only_the_end_counts(
    archive: Archive, tmp_path: Path, host: str
) -> None:
    """What stands before the proxy's own word, in one header or in several, is the client's invention."""
    kept = guarded(archive, tmp_path / "home", trusted_proxy="127.0.0.1")
    with served(kept, PromptProtocol, host) as place:
        assert [guess(place, b"192.0.%d.1" % number, b"198.51.100.7") for number in range(2)] == [401] * 2
        assert guess(place, b"192.0.2.1, 198.51.100.7") == 429
        assert guess(place, b"198.51.100.7", b"203.0.113.7") == 401


def test_a_trusted_proxys_ipv4_households_are_told_apart(archive: Archive, tmp_path: Path) -> None:
    """Written as addresses of IPv6, those of IPv4 are not one household."""
    kept = guarded(archive, tmp_path / "home", trusted_proxy="127.0.0.1")
    with served(kept, PromptProtocol) as place:
        assert [guess(place, b"::ffff:192.0.%d.1" % number) for number in (1, 1, 1, 2)] == [
            401,
            401,
            429,
            401,
        ]


@pytest.fixture
def damaged(archive: Archive, tmp_path: Path) -> Archive:
    """A copy of the archive to break."""
    shutil.copytree(archive.home, tmp_path / "home")
    return replace(archive, home=tmp_path / "home")


def stored_curve(archive: Archive) -> Path:
    """Where the light curve lies."""
    (path,) = archive.aip_root.rglob(Path(CURVE_PATH).name)
    return path


def assert_calm(client: TestClient, url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A 5xx that tells a reference, under which the log tells the rest; other pages are fine."""
    with caplog.at_level(logging.ERROR, logger="oais.web"):
        answer = client.get(url, headers={"Accept": "application/json"})
    assert answer.status_code in {500, 503}
    reference = answer.json()["remedy"].rsplit(" ", maxsplit=1)[-1]
    assert reference in caplog.text
    assert "home" not in answer.text
    assert client.get("/").status_code == client.get("/tree/tess").status_code == 200


@pytest.mark.parametrize("harm", ["short", "gone", "link", "pipe", "directory"])
def test_a_damaged_file_is_told_calmly(damaged: Archive, harm: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever lies in the place of a sealed file is neither handed out, followed, nor waited for."""
    path = stored_curve(damaged)
    path.unlink()
    if harm == "short":
        path.write_bytes(b"SIMPLE")
    elif harm == "link":
        path.symlink_to("/etc/hostname")
    elif harm == "pipe":
        os.mkfifo(path)
    elif harm == "directory":
        path.mkdir()
    assert_calm(client_of(damaged), CURVE_URL, caplog)


@pytest.mark.parametrize("text", [b"", b"\xff{", b"[]", b"null", b'{"id": 1}', b"[" * 100_000])
def test_a_damaged_inventory_is_told_calmly(
    damaged: Archive, text: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """An inventory that says nothing sensible spoils its own pages alone."""
    root = next(folder for folder in stored_curve(damaged).parents if (folder / "inventory.json").exists())
    while (root.parent / "inventory.json").exists():
        root = root.parent
    (root / "inventory.json").write_bytes(text)
    assert_calm(client_of(damaged), f"/aip/{LIGHT_CURVE}", caplog)


@pytest.mark.parametrize(
    "line", ["[1]", "null", '{"files": "x"}', '{"findings": 5}', '{"findings": [[1]]}', "\\"]
)
def test_a_damaged_audit_log_tells_nothing(damaged: Archive, line: str) -> None:
    """The page is there without the audit that cannot be read."""
    root = [folder for folder in stored_curve(damaged).parents if (folder / "inventory.json").exists()][-1]
    (root / AUDITS).parent.mkdir(exist_ok=True)
    (root / AUDITS).write_text(line + "\n", "utf-8")
    answer = client_of(damaged).get(f"/aip/{LIGHT_CURVE}")
    assert answer.status_code == 200
    assert "No audit to tell of since it was taken in." in answer.text


def test_long_names_are_handed_out_whole() -> None:
    """A name as long as a disk allows is cut in its plain form only."""
    name = "b" * 251 + ".txt"
    header = content_disposition(name)
    assert header.endswith(f"filename*=UTF-8''{name}")
    assert len(header.partition(";")[2].partition(";")[0]) < 230


@pytest.mark.parametrize("axes", [b"1", b"0", b"x", b"-1", b"999"])
def test_a_damaged_header_is_shown_as_it_is(damaged: Archive, axes: bytes) -> None:
    """Headers that make no sense spoil neither their page nor its status."""
    path = stored_curve(damaged)
    data = path.read_bytes()
    right = b"NAXIS   =                    2"
    assert right in data
    path.write_bytes(data.replace(right, b"NAXIS   = " + axes.rjust(20)))
    assert client_of(damaged).get(f"/aip/{LIGHT_CURVE}/v1/products/{CURVE_PATH}").status_code == 200


def test_downloads_broken_off_leave_no_file_open(address: tuple[str, int]) -> None:
    """Clients that hang up, before the answer or in it, cost no file descriptor."""

    def opened() -> int:
        count = 0
        for descriptor in os.listdir("/proc/self/fd"):
            with suppress(OSError):  # the server may close it meanwhile
                count += os.readlink(f"/proc/self/fd/{descriptor}").endswith(Path(CURVE_PATH).name)
        return count

    request = f"GET {CURVE_URL} HTTP/1.1\r\n".encode() + HOST + b"\r\n"
    gc.disable()
    try:
        for number in range(60):
            with socket.create_connection(address) as line:
                line.sendall(request)
                line.recv(number % 2 * 10 + 1) if number % 3 else None
        for _ in range(500):  # each asks the server once more, which ends what was broken off meanwhile
            if opened():
                assert converse(address, GET + CLOSE) == [200]
        assert opened() == 0
    finally:
        gc.enable()
