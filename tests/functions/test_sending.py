"""Sending to an archive far away: what broke off goes on, and faults of the other side are told in words."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from oais.errors import WrongUsageError
from oais.functions.deposit import sending
from oais.functions.deposit.remote import TRIES, Remote
from oais.functions.deposit.sending import send
from oais.functions.storage import aip_store
from tests.functions.deliveries import plain_bag
from tests.web.depositing import Depository, furnish, served

Fail = Callable[[str, str], bool]
"""Whether the line is to be cut at a request, told its method and path."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Depository]:
    """A served archive."""
    with served(furnish(tmp_path / "home")) as opened:
        yield opened


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """A sound bag of some kilobytes."""
    return plain_bag(tmp_path / "one.bag", "sent.one", {"a.csv": b"1,2\n" * 5000, "b.csv": b"3\n"})


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces so small that a delivery has several."""
    monkeypatch.setattr(sending, "PIECE", 4096)


def at(site: Depository, url: str = "") -> Remote:
    """The archive as seen from far away; waiting for it lets its worker work."""

    def work(_seconds: float) -> None:
        site.ingest()

    return Remote(url or site.url, site.token, pause=work)


def test_a_folder_is_sent_and_answered(site: Depository, bag: Path) -> None:
    """A bag's folder goes as a tar made on the way; sent again it is held already, without a byte."""
    (told,) = send(at(site), [bag])
    assert told.receipt is not None
    assert (told.outcome, told.receipt.aip_id, told.receipt.source_name) == (
        "stored",
        "sent.one",
        "one.bag.tar",
    )
    (again,) = send(at(site), [bag])
    assert (again.outcome, again.receipt) == ("held already", told.receipt)
    assert len(site.ask("GET", "/api/v1/deposits").json()["deposits"]) == 1


def test_a_refusal_comes_with_its_findings(site: Depository, bag: Path, tmp_path: Path) -> None:
    """One refused bag stops no other."""
    (bag / "data" / "b.csv").write_bytes(b"4\n")
    good = plain_bag(tmp_path / "two.bag", "sent.two", {"a.csv": b"1\n"})
    refused, missing, stored = send(at(site), [bag, tmp_path / "nothing", good])
    assert refused.receipt is not None
    assert (refused.outcome, stored.outcome) == ("refused", "stored")
    assert "data/b.csv" in [found.path for found in refused.receipt.findings]
    assert (missing.outcome, missing.exit_code) == ("stopped", 2)


@contextmanager
def proxy(site: Depository, fails: Fail) -> Iterator[str]:
    """A line to the archive that is cut before the request at some requests, and after it at the others."""

    class Line(http.server.BaseHTTPRequestHandler):
        def relay(self) -> None:
            """Pass a request on, and its answer back."""
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if fails(self.command, "before"):
                return
            got = site.ask(self.command, self.path, dict(self.headers), body)
            if fails(self.command, "after"):
                return
            self.send_response(got.status)
            for name, value in got.headers.items():
                if name not in {"connection", "transfer-encoding"}:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(got.body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    for method in ("GET", "HEAD", "POST", "PATCH"):
        setattr(Line, f"do_{method}", Line.relay)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Line) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_line_that_is_cut_again_and_again(site: Depository, bag: Path, when: str) -> None:
    """Every third request fails, before it arrives or before its answer does; one delivery arrives."""
    asked: list[str] = []

    def fails(method: str, moment: str) -> bool:
        if moment != when:
            return False
        asked.append(method)
        return len(asked) % 3 == 1

    with proxy(site, fails) as url:
        (told,) = send(at(site, url), [bag])
    assert told.outcome == "stored"
    assert {"GET", "HEAD", "POST", "PATCH"} <= set(asked)
    assert len(site.ask("GET", "/api/v1/deposits").json()["deposits"]) == 1


def test_another_run_goes_on_where_the_first_ended(site: Depository, bag: Path) -> None:
    """After three pieces the line is dead: the first run ends in words, the second sends what is left."""
    sent: list[str] = []

    def fails(method: str, moment: str) -> bool:
        sent.extend([method] * (moment == "before"))
        return sent.count("PATCH") > 3

    with proxy(site, fails) as url:
        (told,) = send(Remote(url, site.token, pause=lambda _seconds: None), [bag])
    assert (told.outcome, told.exit_code) == ("stopped", 4)
    assert "it goes on where it ended" in told.remedy
    assert sent.count("HEAD") + sent.count("PATCH") <= 1 + 3 + TRIES
    (begun,) = site.ask("GET", "/api/v1/deposits").json()["deposits"]
    assert begun["offset"] == 3 * 4096
    again: list[str] = []

    def counts(method: str, moment: str) -> bool:
        again.extend([method] * (moment == "before"))
        return False

    with proxy(site, counts) as url:
        (told,) = send(at(site, url), [bag])
    assert told.outcome == "stored"
    assert again.count("PATCH") == -(-(begun["length"] - begun["offset"]) // 4096)
    assert aip_store(site.service.archive).find("sent.one") is not None


def test_a_wrong_token_stops_all(site: Depository, bag: Path) -> None:
    """Nothing further is tried, and what to do is said."""
    told = list(send(Remote(site.url, "oais_wrong", pause=lambda _seconds: None), [bag, bag]))
    assert [(item.outcome, item.exit_code) for item in told] == [("stopped", 1)]
    assert "OAIS_TOKEN" in told[0].remedy


def test_another_accounts_agreement_is_refused(site: Depository, bag: Path) -> None:
    """The archive's own words come through."""
    (told,) = send(at(site), [bag], agreement="tess")
    assert (told.outcome, told.exit_code) == ("stopped", 1)
    assert "may not deliver under 'tess'" in told.error


@pytest.mark.parametrize(
    "url", ["archive.example.org", "ftp://a.example", "https://", "http://a.example", "https://u:p@a.example"]
)
def test_only_an_archives_address_is_taken(url: str) -> None:
    """What is no address, or would show the token to others, is refused before anything is sent."""
    with pytest.raises(WrongUsageError):
        Remote(url, "token")


def test_what_is_no_archive_is_told_so(bag: Path) -> None:
    """Another site's answer is no riddle."""

    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer something."""
            body = json.dumps(["hello"]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        (told,) = send(Remote(f"http://127.0.0.1:{server.server_address[1]}", "token"), [bag])
        thread.join()
    assert "does not speak as an archive does" in told.error
