"""The data sets of the world: one for each row of the expected table, each full of canaries.

A canary is a text that occurs nowhere else: ``qz07mxv`` stands in all that describes set 7, ``qz07dxv`` in
its bytes alone. A drawing has no texts of the data's own, so the curve of set 7 has 1007 points.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Final

from proofs.access.expected import ROWS
from tests.functions.deliveries import write_bag
from tests.information.fits_making import Value, primary, table

SETS: Final = tuple(ROWS)

PLACES: Final = "\n".join(f"{7.0 * number} {2.0 * number - 60.0}" for number in range(len(SETS)))
"""A list of targets that is kept: where all sets were observed."""

LISTED: Final = "1" * 32
"""The name of that list."""
CANARY: Final = re.compile(r"qz(\d\d)([md])xv|1,0(\d\d) good points|tmp/qz(\d\d)")

NEVER_DELIVERED: Final = "nowhere"
TURNED_AWAY: Final = "turned-away"
LATER: Final = {
    "first-version": "versions",
    "once-embargoed": "then-excepted",
    "once-excepted": "then-embargoed",
    "once-open": "then-hidden",
    "once-hidden": "then-open",
}
"""Sets that are the first version of a package, and the set that is its second."""

WITHDRAWN: Final = tuple(name for name, row in ROWS.items() if row.gone)
"""Sets that two archivists withdraw after they came in."""

ASKED: Final = "withdrawal-asked"
BACK: Final = "withdrawn-and-back"

REQUESTS: Final = {
    "embargo-before": [("V1", "2025-12-01"), ("V2", "2026-01-10")],
    "embargo-on-the-day": [("V1", "2025-06-15")],
    "embargo-after": [("V1", "2024-02-29")],
    "embargo-without-dates": [("V1", "")],
    "embargo-with-a-late-visit": [("V1", "2024-12-15"), ("V2", "")],
    "embargo-waived": [("V1", "")],
    "embargo-excepted": [("V1", "")],
    "delegated": [("V1", "2026-02-01")],
    "revoked": [("V1", "2026-02-01")],
    "once-embargoed": [("V1", "2026-02-01")],
    "then-excepted": [("V1", "")],
    "once-excepted": [("V1", "")],
    "then-embargoed": [("V1", "2026-02-01")],
}
"""The visits of each set that is of an observation request, and when they were declared complete.

The last of ``embargo-before`` and twelve months is 2027-01-10, and earlier than the first and eighteen. That
of the late visit is 2026-06-15 by its first visit alone.
"""


def canary(name: str, kind: str) -> str:
    """Return the canary of a set: ``m`` for what describes it, ``d`` for its data."""
    return f"qz{SETS.index(name):02}{kind}xv"


def canaries_in(text: str) -> set[tuple[str, str]]:
    """Return the sets that a text tells of, each with ``m`` or ``d``."""
    return {
        (SETS[int(number or points)], kind or "d")
        for number, kind, points, _ in CANARY.findall(text)
        if int(number or points) < len(SETS)
    }


def aip_id(name: str) -> str:
    """Return the identifier of a set's package; the first version is one of the same package."""
    return f"probe.{LATER.get(name, name).replace('/', '.')}"


def version(name: str) -> int:
    """Return which version of its package a set is."""
    return 2 if name in LATER.values() else 1


def node(name: str) -> str:
    """Return where a set lies in the tree."""
    return f"probe/{name}"


def file_name(name: str) -> str:
    """Return the name of a set's product."""
    return f"curve-{name.replace('/', '.')}.fits"


def product_path(name: str) -> str:
    """Return the logical path of a set's product in its package."""
    return f"representations/original/data/{file_name(name)}"


def request(name: str) -> str:
    """Return the observation request of a set, as people are owners of it."""
    return f"probe:{_request(name)}"


def _request(name: str) -> str:
    return f"OR-{name}"


def product(name: str) -> bytes:
    """Return a light curve of 1000 good points and as many more as tell the set."""
    text, note = canary(name, "m"), canary(name, "d").encode()
    number = SETS.index(name)
    rows = b"".join(struct.pack(">ddi8s", float(at), 1000.0 + at % 7, 0, note) for at in range(1000 + number))
    columns = {"TIME": "D", "FLUX": "D", "QUALITY": "J", "NOTE": "8A"}
    where: dict[str, Value] = {
        "RA": 7.0 * number,
        "DEC": 2.0 * number - 60.0,
        "DATE-OBS": f"2020-01-{1 + number % 28:02}",
    }
    return primary({"OBJECT": f"star {text}", "OBSERVER": f"by {text}", **where}) + table(columns, rows, 28)


def bag(root: Path, name: str) -> Path:
    """Write the delivery of a set; that of ``TURNED_AWAY`` holds a file that no agreement takes."""
    described, kept = canary(name, "m"), canary(name, "d")
    payload = {
        file_name(name): product(name),
        f"documents/{described}.xml": f"<note><by>{kept}</by></note>\n".encode(),
    }
    if name == TURNED_AWAY:
        payload[f"{described}.exe"] = kept.encode()
    tags = {
        "Source-Organization": f"Institute {described}",
        "External-Identifier": aip_id(name),
        "Submission-Agreement": "probe",
    }
    extra = {"metadata/submission.yaml": _submission(name).encode()}
    return write_bag(root, payload, tags, extra_tags=extra)


def _submission(name: str) -> str:
    text = canary(name, "m")
    lines = [f"title: Set {text}", f"summary: About {text}", f"creators: [Author {text}]"]
    if name in _EXCEPTED:
        lines.append("values: {progtype: '40'}")
    if name in REQUESTS:
        visits = ", ".join(
            f"{{visit: {visit}, completed: {day}}}" if day else f"{{visit: {visit}}}"
            for visit, day in REQUESTS[name]
        )
        waiver = f", waived_by: Owner {text}, waived_at: 2026-03-01" if name == "embargo-waived" else ""
        lines += [f"observation_request: {_request(name)}", "visit: V1"]
        lines.append(f"embargo: {{visits: [{visits}]{waiver}}}")
    return "\n".join(lines) + "\n"


def agreement() -> str:
    """Return the agreement under which the sets are delivered: each at its own node."""
    places = {name: "open" if name == TURNED_AWAY else name for name in SETS if name != NEVER_DELIVERED}
    rule = "  - {{name: {}, file_name: '{}', level: L1, node: {}, mapping: m}}\n"
    products = "".join(rule.format(name, re.escape(file_name(name)), place) for name, place in places.items())
    paths = sorted({*places.values(), "family"})
    tree = "".join(f"  - {{path: {path}, title: {path}, kind: data set}}\n" for path in paths)
    return f"""agreement: probe
title: Sets of every state
mission: Probe
mission_title: Probe
description: Sets of every state.
slug: probe
provider: {{name: Probe, organization: Probe, contact: archive@example.org}}
identifier: 'probe\\.[a-z.-]+'
identifier_template: 'probe.{{file:slug}}'
new_versions: true
licence: none
credit: none
publisher: Archive
creators: [Probe]
access_policy: open
levels:
  L1: {{title: Curves}}
mappings:
  m:
    values: {{object: 0/OBJECT}}
    obscore: {{target_name: 0/OBJECT, s_ra: 0/RA, s_dec: 0/DEC, t_min: 0/DATE-OBS}}
products:
{products}tree:
{tree}"""


def rules(group: str) -> str:
    """Return ``access.yaml`` for the sets; ``group`` is the identifier of the one group there is."""
    embargoed = ["embargo-of-nobody", *REQUESTS]
    policies = {name: f"words-{SETS.index(name)}" for name in SETS if name in _WORDS}
    lines = [
        "policies:",
        "  open: {metadata: public, data: open, reason: free}",
        "  words-hidden: {metadata: hidden, data: closed, reason: not to be known}",
        "  words-closed: {metadata: public, data: closed, reason: not released, contact: ask@example.org}",
        "  words-embargo:",
        "    metadata: public",
        "    data: embargo",
        "    rule: {after_last_visit: 12 months, after_first_visit: 18 months}",
        "    reason: private to its owners",
        "    exceptions: [{values: {progtype: ['40']}, reason: science demonstration}]",
    ]
    lines += [f"  {policies[name]}: {_WORDS[name].replace('GROUP', group)}" for name in policies]
    lines.append("nodes:")
    lines += [f"  - {{node: {node(name)}, policy: {policies[name]}}}" for name in policies]
    lines += [f"  - {{node: {node(name)}, policy: words-embargo}}" for name in embargoed]
    lines += [f"  - {{node: {node(name)}, policy: words-hidden}}" for name in _HIDDEN]
    lines += [
        f"  - {{node: {node(name)}, policy: words-closed}}" for name in ("closed", "versions", "family/child")
    ]
    opening = "{opens: 2029-01-01, until_then: account}"
    lines.append(f"  - {{node: {node('not-opened-yet')}, opening: {opening}}}")
    return "\n".join(lines) + "\n"


_HIDDEN = ("tombstone-hidden", "hidden", "family/hidden-child", "kindred", "then-hidden", "once-hidden")
_EXCEPTED = ("embargo-excepted", "then-excepted", "once-excepted")
_WORDS = {
    "listed": "{metadata: listed, data: closed, reason: private}",
    "for-holders-of-a-code": "{metadata: public, data: email-code, reason: counted}",
    "for-accounts": "{metadata: public, data: account, reason: for accounts}",
    "for-accounts-with-a-code": "{metadata: public, data: account, code: true, reason: for accounts}",
    "of-a-group": "{metadata: public, data: group, groups: [GROUP], until: 2030-01-01, reason: a team}",
    "of-a-group-until-now": "{metadata: public, data: group, groups: [GROUP], until: 2026-06-15, reason: a}",
    "of-a-hidden-group": "{metadata: hidden, data: group, groups: [GROUP], reason: a team}",
    "tombstone-listed": "{metadata: listed, data: closed, reason: private}",
    "tombstone-of-a-hidden-group": "{metadata: hidden, data: group, groups: [GROUP], reason: a team}",
    "opened-today": "{metadata: public, data: closed, opens: 2026-06-15, reason: kept}",
    "opening-later": "{metadata: public, data: closed, opens: 2028-02-29, reason: kept}",
}
