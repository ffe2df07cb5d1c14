"""The server is killed while bytes come; the delivery goes on at the next one and is ingested once."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oais.functions.storage import aip_store
from tests.web.depositing import Depository, furnish, tar_of_bag

MEBIBYTE = 1 << 20


@contextmanager
def serving(depository: Depository) -> Iterator[subprocess.Popen[str]]:
    """Run ``oais serve`` as an operator does, and kill it at the end."""
    home = str(depository.service.archive.home)
    command = [sys.executable, "-m", "oais", "serve", "--home", home, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        depository.address = ("127.0.0.1", int(line.rpartition(":")[2]))
        try:
            yield process
        finally:
            process.kill()


def test_a_killed_server_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """Killed twice in an upload of 40 MB, it goes on at a synced byte each time; one AIP comes of it."""
    site = furnish(tmp_path / "home")
    tar = tar_of_bag(tmp_path, size=40 * MEBIBYTE)
    offset, address = 0, ""
    for reach in (20, 38):
        with serving(site) as process:
            address = address or site.announce(len(tar))
            before, offset = offset, site.offset(address)
            assert offset >= before
            with socket.create_connection(site.address, timeout=60) as line:
                line.sendall(site.patch_head(address, offset, len(tar) - offset))
                line.sendall(tar[offset : reach * MEBIBYTE])
                os.kill(process.pid, signal.SIGKILL)
    with serving(site):
        offset = site.offset(address)
        assert 16 * MEBIBYTE <= offset <= 38 * MEBIBYTE
        assert site.staged()[0].read_bytes()[:offset] == tar[:offset]
        assert site.patch(address, offset, tar[offset:]).status == 204
    assert site.ingest() == 1
    assert site.ingest() == 0
    stored = aip_store(site.service.archive).find("deposit.one")
    assert stored is not None
    assert stored.head == 1
    site.service.database.close()
