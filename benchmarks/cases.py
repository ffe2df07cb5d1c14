"""Our calls, each run in a process of its own: ``python -m benchmarks.cases NAME [ARGUMENTS]``.

The arguments are JSON and come as its input where they are not named: it holds more than a command line.
The time is that of the call; starting the interpreter and importing the modules are outside it.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

Answer = dict[str, Any]


def check(bag: str) -> Answer:
    """Validate a bag."""
    from sip.bag.validation import validate_bag

    started = perf_counter()
    result = validate_bag(Path(bag))
    seconds = perf_counter() - started
    _expect(result.valid, f"{bag} is valid", result.findings)
    return {"seconds": seconds}


def submit(home: str, bags: list[str]) -> Answer:
    """Submit bags to an archive made for it, until they are stored and indexed."""
    from oais.functions.administration import initialise
    from oais.functions.submission import submit as submit_all

    archive = initialise(Path(home))
    started = perf_counter()
    dispositions = list(submit_all(archive, [Path(bag) for bag in bags]))
    seconds = perf_counter() - started
    states = Counter(item.receipt.status if item.receipt else item.error for item in dispositions)
    first = next((item for item in dispositions if item.receipt is None or item.receipt.findings), None)
    _expect(states == {"accepted": len(bags)}, f"all are accepted, not {dict(states)}", first)
    return {"seconds": seconds}


def audit(home: str, full: bool, from_disk: bool) -> Answer:
    """Audit every AIP of an archive."""
    from oais.archive import open_archive
    from oais.functions.audit import run_audit, select_for_audit

    archive = open_archive(Path(home))
    started = perf_counter()
    roots = select_for_audit(archive, None, None, 0)
    summary = run_audit(archive, roots, full=full, from_disk=from_disk)
    seconds = perf_counter() - started
    _expect(summary.intact, "all are intact", summary.damaged)
    return {"seconds": seconds, "files": summary.files, "bytes": summary.bytes}


def rebuild(home: str) -> Answer:
    """Make the index of an archive anew."""
    from oais.archive import open_archive
    from oais.functions.data_management import rebuild_index

    archive = open_archive(Path(home))
    started = perf_counter()
    count = rebuild_index(archive)
    return {"seconds": perf_counter() - started, "aips": count}


def show(home: str, aip_id: str, times: int) -> Answer:
    """Show the first page of an AIP so many times."""
    from oais.archive import open_archive
    from oais.functions.access.facade import open_access

    access = open_access(open_archive(Path(home)))
    access.show(aip_id)
    started = perf_counter()
    for _ in range(times):
        access.show(aip_id)
    return {"seconds": perf_counter() - started}


def fill(home: str, aips: int) -> Answer:
    """Make an archive whose index knows ``aips`` packages, like the demo's but none the same."""
    from benchmarks.holdings import fill_index

    started = perf_counter()
    fill_index(Path(home), aips)
    return {"seconds": perf_counter() - started}


def serve(home: str) -> Answer:
    """Serve the site on a free port of the loopback address, told in one line, until the process ends."""
    from oais.archive import open_archive
    from oais.web.serving import serve_site, take_place

    archive = open_archive(Path(home))
    place = take_place("127.0.0.1", 0)
    serve_site(archive, place, announce=lambda address: print(address, flush=True))
    return {"seconds": 0.0}


def bare(home: str) -> Answer:
    """Serve a bare page of as many bytes as are asked for, whatever the archive, until the process ends."""
    from benchmarks.bare import serve_bare
    from oais.web.serving import take_place

    assert Path(home).is_dir()
    serve_bare(take_place("127.0.0.1", 0), lambda address: print(address, flush=True))
    return {"seconds": 0.0}


def flood(address: str, cookie: str, token: str) -> Answer:
    """Let two hundred people log in at once."""
    from benchmarks.logging_in import flood as log_in_at_once

    return log_in_at_once(address, cookie, token)


def _expect(holds: bool, what: str, found: object) -> None:
    if not holds:
        raise SystemExit(f"expected that {what}; found {found}")


CASES: Mapping[str, Callable[..., Answer]] = {
    "check": check,
    "submit": submit,
    "audit": audit,
    "rebuild": rebuild,
    "show": show,
    "fill": fill,
    "serve": serve,
    "bare": bare,
    "flood": flood,
}

if __name__ == "__main__":
    name, *named = sys.argv[1:]
    print(json.dumps(CASES[name](**json.loads(named[0] if named else sys.stdin.read()))))
