"""A site that takes deliveries, really served, with a provider's account and a worker in the test's hand."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import uvicorn

from oais.errors import StorageError
from oais.functions.administration import initialise
from oais.functions.deposit.clearing import Clearer
from oais.functions.deposit.intake import ingest_due
from oais.functions.people.accounts import Entry, create_provider
from oais.functions.people.authority import OPERATOR
from oais.functions.people.tokens import make_token
from oais.functions.service import Service, open_service
from oais.web.app import create_app
from oais.web.connections import PromptProtocol
from policies.principals import Scope
from sip.parcel import parcel_of
from tests.functions.deliveries import plain_bag

DEPOSITS = "/api/v1/deposits"
TUS = {"Tus-Resumable": "1.0.0"}
OCTETS = {**TUS, "Content-Type": "application/offset+octet-stream"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the site said; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(slots=True)
class Depository:
    """A served archive and the token of a provider bound to the agreement that takes any sound bag."""

    service: Service
    token: str
    address: tuple[str, int] = ("", 0)
    stranger: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """The address of the site."""
        return f"http://127.0.0.1:{self.address[1]}"

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Ask as the provider, unless other credentials are among the headers."""
        line = http.client.HTTPConnection(*self.address, timeout=60)
        try:
            line.request(method, path, body, {"Authorization": f"Bearer {self.token}", **(headers or {})})
            got = line.getresponse()
            return Answer(got.status, {key.lower(): value for key, value in got.getheaders()}, got.read())
        finally:
            line.close()

    def announce(self, length: int, name: str = "one.tar", **headers: str) -> str:
        """Begin an upload and return its address."""
        told = {**TUS, "Upload-Length": str(length), "Upload-Metadata": f"filename {in_base64(name)}"}
        answer = self.ask("POST", DEPOSITS, {**told, **headers})
        assert answer.status == 201, answer.body
        return answer.headers["location"]

    def patch(self, address: str, offset: int, data: bytes, **headers: str) -> Answer:
        """Send one piece."""
        return self.ask("PATCH", address, {**OCTETS, "Upload-Offset": str(offset), **headers}, data)

    def offset(self, address: str) -> int:
        """How far the upload has come."""
        return int(self.ask("HEAD", address, TUS).headers["upload-offset"])

    def head_of(self, method: str, address: str, length: int, *lines: str) -> bytes:
        """The head of a request to be sent by hand, with the provider's token."""
        return request_head(
            f"{method} {address}", f"Content-Length: {length}", f"Authorization: Bearer {self.token}", *lines
        )

    def patch_head(self, address: str, offset: int, length: int) -> bytes:
        """The head of a piece to be sent by hand."""
        more = [f"{name}: {value}" for name, value in OCTETS.items()]
        return self.head_of("PATCH", address, length, f"Upload-Offset: {offset}", *more)

    def ingest(self) -> int:
        """Let the worker work once."""
        count = ingest_due(self.service)
        with suppress(StorageError):  # a location may be away: what it is owed stays
            Clearer(self.service).clear_due()
        return count

    def staged(self) -> list[Path]:
        """The files below ``sip/uploads``."""
        return sorted(path for path in self.service.archive.uploads.rglob("*") if path.is_file())


def request_head(first: str, *lines: str) -> bytes:
    """The head of a request as it goes over the line."""
    return "\r\n".join((f"{first} HTTP/1.1", "Host: localhost", "Connection: close", *lines, "", "")).encode()


def in_base64(text: str) -> str:
    """A text as Upload-Metadata carries it."""
    return b64encode(text.encode()).decode()


def furnish(home: Path, *, quota: int = 10**9, **settings: Any) -> Depository:
    """Make an archive with two providers and these settings; nobody serves it yet."""
    archive = initialise(home, name="Test archive")
    changed = replace(archive.settings, deposit_quota_bytes=quota, **settings)
    service = open_service(replace(archive, settings=changed))
    tokens = []
    for login in ("provider", "stranger"):
        entry = Entry(login=login, name=login, email=f"{login}@example.org")
        person = create_provider(service, OPERATOR, entry, ["generic"])
        made = make_token(service, OPERATOR, person.login, "test", [Scope.DEPOSIT])
        tokens.append(made.secret)
    return Depository(service, tokens[0], stranger=tokens[1])


@contextmanager
def served(depository: Depository) -> Iterator[Depository]:
    """Serve the archive on a socket of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = create_app(depository.service.archive, service=depository.service)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", http=PromptProtocol, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        depository.address = ("127.0.0.1", listening.getsockname()[1])
        yield depository
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
        depository.service.database.close()


def tar_of_bag(folder: Path, identifier: str = "deposit.one", size: int = 4, *, sound: bool = True) -> bytes:
    """A delivery with one file of so many bytes."""
    bag = plain_bag(
        folder / f"{identifier}.bag", identifier, {"a.bin": bytes(range(256)) * (size // 256) or b"1"}
    )
    if not sound:
        (bag / "data" / "a.bin").write_bytes(b"other")
    parcel = parcel_of(bag)
    return parcel.read(0, parcel.size)


def statuses(line: socket.socket) -> list[int]:
    """Read to the end of the connection: the statuses of the answers."""
    answer = b"".join(iter(lambda: line.recv(1 << 16), b""))
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3})", answer)]
