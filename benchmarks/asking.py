"""Ask: whether the time of an answer tells which addresses have an account, or have asked too often."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.figures import Figure, Target
from benchmarks.site import serving
from benchmarks.sizes import Sizes
from oais.functions.administration import initialise
from oais.functions.people.accounts import Entry, create_provider
from oais.functions.people.authority import OPERATOR
from oais.functions.service import open_service

_LIMITS = "codes_per_network: 100000\ncodes_per_hour: 100000\nrequests_per_minute: 0\n"
"""All is asked from one place; only the limit of an address is to be met."""


def figures(work: Path, sizes: Sizes) -> list[Figure]:
    """Ask for codes to addresses of three kinds in random order; the first few are not counted."""
    home = work / "home"
    service = open_service(initialise(home, name="Asking"))
    for number in range(sizes.requests):
        entry = Entry(f"known{number}", "Known", f"known{number}@example.org")
        create_provider(service, OPERATOR, entry, ["generic"])
    with (home / "oais.yaml").open("a", encoding="utf-8") as settings:
        settings.write(_LIMITS)
    wishes = [
        (kind, address)
        for number in range(sizes.requests)
        for kind, address in (
            ("known", f"known{number}@example.org"),
            ("unknown", f"other{number}@example.org"),
            ("often", "often@example.org"),
        )
    ]
    random.Random(7).shuffle(wishes)
    times: dict[str, list[float]] = defaultdict(list)
    with serving(home) as (_process, address):
        for kind, wish in [*[("first", "often@example.org")] * 10, *wishes]:
            times[kind].append(1000 * _seconds(address, wish))
    usual = median(times["unknown"])
    return [
        Figure(
            f"asking for a code to {what}: median of {sizes.requests}",
            median(times[kind]),
            "ms",
            Target("ratio", 1.05),
            "to one that nobody knows",
            usual,
        )
        for kind, what in (("known", "an account's address"), ("often", "one that asked too often"))
    ]


def _seconds(address: str, wish: str) -> float:
    connection = HTTPConnection(address, timeout=60)
    body = json.dumps({"address": wish})
    started = perf_counter()
    connection.request("POST", "/api/v1/codes", body=body, headers={"Content-Type": "application/json"})
    response = connection.getresponse()
    response.read()
    taken = perf_counter() - started
    connection.close()
    assert response.status == 202, response.status
    return taken
