"""Delivering: a package that is made while it is sent, over loopback, against ``cat | zip -0``."""

from __future__ import annotations

from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter

from benchmarks.figures import Figure, Target
from benchmarks.material import write_big_bag
from benchmarks.measuring import alternate, run_case, run_command, warm
from benchmarks.site import high_water, serving
from benchmarks.sizes import Sizes

_PACKAGE = "/api/v1/package?pick=bench.big"
_BLOCK = 1 << 20


def figures(work: Path, sizes: Sizes) -> list[Figure]:
    """Measure one package of one large file, from the request to the last byte, and the server's memory."""
    home = work / "home"
    bag = write_big_bag(work / "big", sizes.big_bytes, "bench.big")
    run_case("submit", home=home, bags=[bag])
    with (home / "oais.yaml").open("a") as settings:
        settings.write(f"direct_limit_bytes: {2 * sizes.big_bytes}\n")
    warm(home / "aip")
    with serving(home) as (process, address):
        taken = alternate(
            sizes.runs,
            ours=lambda: _fetched(address, sizes.big_bytes),
            peer=lambda: run_command("cat data/big.dat | zip -0 -q - - > /dev/null", cwd=bag),
        )
        memory = high_water(process.pid)
    size = f"a package of {sizes.big_bytes >> 20:,} MiB"
    note = f"{sizes.big_bytes / taken['ours'] / 1e6:.0f} MB/s, every file hashed and signed for"
    return [
        Figure(
            f"{size}, sent while it is made",
            taken["ours"],
            "s",
            Target("ratio", 2),
            "cat | zip -0",
            taken["peer"],
            note,
        ),
        Figure(f"memory, site that sends {size}", memory, "MB", Target("figure", 150)),
    ]


def _fetched(address: str, least: int) -> float:
    """Return the seconds from the request to the last byte; raises RuntimeError for no package."""
    connection = HTTPConnection(address, timeout=600)
    try:
        started = perf_counter()
        connection.request("GET", _PACKAGE)
        response = connection.getresponse()
        got = 0
        while block := response.read(_BLOCK):
            got += len(block)
        taken = perf_counter() - started
    finally:
        connection.close()
    if response.status != 200 or got < least:
        raise RuntimeError(f"{_PACKAGE} answered {response.status} with {got} bytes")
    return taken
