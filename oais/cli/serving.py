"""``oais serve``: the site, and beside it a worker that ends with it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oais.cli.options import Home
from oais.cli.terminal import home_or_default, out

if TYPE_CHECKING:
    from oais.web.serving import Place


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)
    ] = 8000,
    worker: Annotated[bool, typer.Option(help="Start a worker beside the site.")] = True,
    home: Home = None,
) -> None:
    """Serve the archive's web site, with a worker beside it that builds orders and sends mail."""
    from oais.web.serving import take_place

    folder = home_or_default(home)
    place = take_place(host, port)
    serve_home(folder, place, worker=worker, announce=lambda url: out.print(f"serving {url}"))


def serve_home(home: Path, place: Place, *, worker: bool = True, announce: Callable[[str], None]) -> None:
    """Serve until interrupted; the worker learns the address that is served, for the links of its letters."""
    from oais.archive import open_archive
    from oais.web.serving import serve_site

    with ExitStack() as beside:

        def begin(url: str) -> None:
            if worker:
                beside.enter_context(_worker_beside(home, url))
            announce(url)

        serve_site(open_archive(home), place, announce=begin)


@contextmanager
def _worker_beside(home: Path, url: str) -> Iterator[None]:
    """Run a worker as a process of its own, which ends with this one however that ends."""
    command = [sys.executable, "-m", "oais", "work", "--beside", url, "--home", str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as worker:
        try:
            yield
        finally:
            worker.terminate()


COMMANDS = (serve,)
