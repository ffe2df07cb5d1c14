"""Logging in: how long other visitors wait while two hundred people try to log in at once."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from select import select
from statistics import median, quantiles
from threading import Barrier
from time import perf_counter
from urllib.parse import urlencode

from benchmarks.figures import Figure, Target
from benchmarks.measuring import ROOT
from benchmarks.site import serving
from benchmarks.sizes import Sizes
from oais.functions.administration import initialise
from oais.functions.people.accounts import Entry, create_administrator
from oais.functions.service import open_service

_AT_ONCE = 200
_GIVES_WAY = 19
_PASSWORD = "glad tortoise under 7 ladders"
_NO_LIMITS = "logins_per_minute: 0\nrequests_per_minute: 0\n"
"""The usual limits would turn a flood from one place away before a password is looked at."""

_Form = tuple[str, str]


def figures(work: Path, sizes: Sizes) -> list[Figure]:
    """Ask for the tree again and again, first in quiet, then while each flood of logins lasts."""
    home = work / "home"
    archive = initialise(home, name="Logging in")
    create_administrator(open_service(archive), Entry("ada", "Ada", "ada@example.org"), _PASSWORD)
    with (home / "oais.yaml").open("a", encoding="utf-8") as settings:
        settings.write(_NO_LIMITS)
    outcomes: Counter[str] = Counter()
    with serving(home) as (_process, address):
        form = _form(address)
        quiet = [_seconds(address) for _ in range(2 * sizes.requests)]
        busy: list[float] = []
        while len(busy) < 2 * sizes.requests:
            busy += _during_a_flood(address, form, outcomes)
    usual, held_up = (1000 * quantiles(times, n=100)[-1] for times in (quiet, busy))
    told = ", ".join(f"{count} × {status}" for status, count in sorted(outcomes.items()))
    note = f"median {1000 * median(busy):.1f} ms after {1000 * median(quiet):.1f} ms; logins {told}"
    what = f"a page while {_AT_ONCE} people log in at once: p99"
    return [Figure(what, held_up, "ms", Target("ratio", 2), "in quiet", usual, note)]


def _during_a_flood(address: str, form: _Form, outcomes: Counter[str]) -> list[float]:
    """Return how long each page took that was asked for before the last login was answered."""
    arguments = json.dumps({"address": address, "cookie": form[0], "token": form[1]})
    command = [sys.executable, "-m", "benchmarks.cases", "flood", arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as people:
        assert people.stdout is not None
        people.stdout.readline()  # they stand ready
        times = []
        while not select([people.stdout], [], [], 0)[0]:
            times.append(_seconds(address))
        outcomes.update(json.loads(people.stdout.read())["statuses"])
    return times


def flood(address: str, cookie: str, token: str) -> dict[str, dict[str, int]]:
    """Let 200 people log in at once; return how often each status was answered.

    The process gives way to the site's: people who log in reckon on machines of their own.
    """
    os.nice(_GIVES_WAY)
    ready = Barrier(_AT_ONCE, action=lambda: print("ready", flush=True))
    with ThreadPoolExecutor(_AT_ONCE) as people:
        logins = [people.submit(_log_in, address, (cookie, token), ready) for _ in range(_AT_ONCE)]
    return {"statuses": Counter(str(login.result()) for login in logins)}


def _form(address: str) -> _Form:
    """Return cookie and token of a browser that was shown the login form."""
    connection = HTTPConnection(address, timeout=60)
    connection.request("GET", "/login")
    answer = connection.getresponse()
    token = re.search(r'name="csrf" value="(\w+)"', answer.read().decode())
    assert token is not None
    return (answer.getheader("Set-Cookie") or "").partition(";")[0], token[1]


def _log_in(address: str, form: _Form, ready: Barrier) -> int:
    cookie, token = form
    ready.wait()
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection = HTTPConnection(address, timeout=120)
    fields = {"csrf": token, "login": "ada", "password": _PASSWORD}
    connection.request("POST", "/login", body=urlencode(fields), headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


def _seconds(address: str) -> float:
    connection = HTTPConnection(address, timeout=60)
    started = perf_counter()
    connection.request("GET", "/tree", headers={"Accept": "text/html"})
    response = connection.getresponse()
    response.read()
    taken = perf_counter() - started
    connection.close()
    assert response.status == 200, response.status
    return taken
